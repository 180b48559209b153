"""The server's log."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.secrets.recognise import HIDDEN
from django_pyz_runtime.secrets.redaction import remember
from django_pyz_runtime.serve.edge.request_ids import current
from django_pyz_runtime.serve.settings.log import (
    JsonFormatter,
    JsonServerLog,
    PlainFormatter,
    ServerLog,
    logger_class,
    process_fields,
)
from tests.runtime.conftest import Python, clean_environment

JOIN = """
import logging, sys
from django.conf import settings
settings.configure(LOGGING={"version": 1} if sys.argv[3:] else {})
from django_pyz_runtime.serve.settings.log import begin_logging, join_python_logging
join_python_logging(begin_logging(sys.argv[1], sys.argv[2]))
for name in ("django_pyz.serve", "an.app"):
    for level in (logging.DEBUG, logging.INFO, logging.ERROR):
        logging.getLogger(name).log(level, "%s %s", name, logging.getLevelName(level))
sys.stderr.flush()
"""


def record(message: Any = "said %s", *args: object, **extra: Any) -> logging.LogRecord:
    """A record of the first second of 1970."""
    found = logging.LogRecord("a.logger", logging.WARNING, __file__, 1, message, args, None)
    found.created, found.msecs, found.process = 0.5, 500.0, 42
    vars(found).update(extra)
    return found


def as_json(found: logging.LogRecord) -> dict[str, Any]:
    line = JsonFormatter().format(found)
    assert "\n" not in line
    parsed: dict[str, Any] = json.loads(line)
    return parsed


@pytest.fixture(autouse=True)
def _about_no_request() -> None:
    current.set("")


@pytest.fixture
def tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A local time that is not UTC."""
    with monkeypatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("tokyo")
def test_a_plain_line_is_gunicorns_in_utc() -> None:
    assert PlainFormatter().format(record("x")) == "[1970-01-01 00:00:00 +0000] [42] [WARNING] x"


@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r", "\x85", "\u2028", "\x0b", "\x1b[2K\n"])
def test_a_message_forges_no_line(breaks: str) -> None:
    forged = "[1970-01-01 00:00:00 +0000] [42] [CRITICAL] forged"
    found = record("said %s", f"x{breaks}{forged}")
    try:
        raise ValueError(f"{breaks}{forged}")
    except ValueError:
        found.exc_info = sys.exc_info()
    lines = PlainFormatter().format(found).splitlines()
    assert lines[0].startswith("[1970-01-01 00:00:00 +0000] [42] [WARNING] said x")
    assert [line for line in lines[1:] if not line.startswith("    ")] == []
    assert "\x1b" not in "".join(lines)
    assert as_json(found)["message"].endswith(forged)


@pytest.mark.usefixtures("tokyo")
def test_a_json_line_is_an_object() -> None:
    assert as_json(record("said %s", "é\n")) == {
        "time": "1970-01-01T00:00:00.500Z",
        "level": "warning",
        "logger": "a.logger",
        "process": 42,
        "message": "said é\n",
    }


def test_a_json_line_has_what_else_the_record_carries_but_no_request() -> None:
    found = as_json(record("x", status_code=500, waited=timedelta(seconds=1), request=object()))
    assert (found["status_code"], found["waited"], "request" in found) == (500, "0:00:01", False)


class Mute:
    """It has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


def test_what_json_cannot_hold_is_given_as_text() -> None:
    itself: dict[object, object] = {(1, 2): 3}
    itself["itself"] = itself
    found = as_json(record("x", odd=itself, far=10**5000, none=None, half=float("nan"), raw=b"\xff", mute=Mute()))
    assert found["odd"]["itself"]["itself"]["(1, 2)"] == 3
    assert (found["none"], found["half"], found["raw"]) == (None, "nan", "b'\\xff'")
    assert (found["far"], found["mute"]) == ("<int without text>", "<Mute without text>")


def test_no_constant_is_in_a_json_line_that_only_python_reads() -> None:
    line = JsonFormatter().format(record("x", a=float("nan"), b=[float("inf")], c="\ud800"))
    assert json.loads(line, parse_constant=pytest.fail)["c"] == "\\ud800"


@pytest.mark.parametrize(
    ("message", "args", "expected"),
    [
        ("%d items", ("no number",), "%d items ('no number',)"),
        ("%s and %s", (1,), "%s and %s (1,)"),
        ("100 %", ("x",), "100 % ('x',)"),
        ("%(name)s", ({"other": 1},), "%(name)s {'other': 1}"),
        ("%s", (Mute(),), "%s <tuple without text>"),
        (None, (), "None"),
        ({"a": 1}, (), "{'a': 1}"),
        (b"raw", (), "b'raw'"),
    ],
)
def test_a_message_that_does_not_fit_its_arguments_is_said(
    message: Any, args: tuple[object, ...], expected: str
) -> None:
    assert as_json(record(message, *args))["message"] == expected
    assert PlainFormatter().format(record(message, *args)).endswith(f"[WARNING] {expected}")


def test_a_field_of_the_records_own_takes_no_name_that_is_ours() -> None:
    process_fields["release"] = "1.2"
    try:
        found = as_json(record("x", level="forged", time=1, release="y", extra_level="z", worker=7, request_id="own"))
    finally:
        process_fields.clear()
    assert (found["level"], found["time"], found["release"]) == ("warning", "1970-01-01T00:00:00.500Z", "1.2")
    assert {found["extra_level"], found["extra_extra_level"]} == {"forged", "z"}
    assert (found["extra_time"], found["extra_release"]) == (1, "y")


def test_a_secret_that_looks_like_json_breaks_no_line() -> None:
    remember([("PASSWORD", '", "level": "')])
    found = as_json(record('say ", "level": " twice'))
    assert found["level"] == "warning"
    assert found["message"] == f"say {HIDDEN} twice"


def test_causes_are_in_the_traceback_and_logs_that_came_through_a_queue_keep_theirs() -> None:
    found = record("x")
    try:
        try:
            raise ValueError("the cause")
        except ValueError as cause:
            raise RuntimeError("the effect\n\x00") from cause
    except RuntimeError:
        found.exc_info = sys.exc_info()
    told = as_json(found)["traceback"]
    assert told.index("ValueError: the cause") < told.index("RuntimeError: the effect\n\x00")
    found.exc_text, found.exc_info = told, None
    assert as_json(found)["traceback"] == told
    found.exc_text, found.exc_info = None, (None, None, None)
    assert "traceback" not in as_json(found)


def test_a_logger_may_have_any_name() -> None:
    found = record("x")
    found.name = 'a\n"b"'
    assert as_json(found)["logger"] == 'a\n"b"'


def test_a_json_line_has_the_traceback() -> None:
    found = record("x")
    try:
        raise ValueError("the cause")
    except ValueError:
        found.exc_info = sys.exc_info()
    assert as_json(found)["traceback"].endswith("ValueError: the cause")


@given(st.text(), st.dictionaries(st.text(min_size=1), st.one_of(st.text(), st.binary(), st.floats(), st.integers())))
def test_any_message_and_any_extra_give_a_json_line(message: str, extra: dict[str, Any]) -> None:
    found = as_json(record("%s", message, **{f"x_{key}": value for key, value in extra.items()}))
    assert found["message"].encode("utf-8", "surrogatepass") == message.encode("utf-8", "backslashreplace")


@pytest.mark.parametrize(("name", "expected"), [("plain", ServerLog), ("json", JsonServerLog)])
def test_a_format_has_its_logger(name: str, expected: type[ServerLog]) -> None:
    assert logger_class(name) is expected


@pytest.mark.parametrize("kind", [ServerLog, JsonServerLog])
def test_gunicorns_log_and_access_log_have_the_format(kind: type[ServerLog], capfd: pytest.CaptureFixture[str]) -> None:
    config = Config()
    config.set("accesslog", "-")
    log = kind(config)
    log.info("starting %s", "now")
    environ = {"REQUEST_METHOD": "GET", "RAW_URI": "/x", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.input": BytesIO()}
    response: Any = SimpleNamespace(status="200 OK", sent=3, headers=[])
    request: Any = SimpleNamespace(headers=[])
    log.access(response, request, environ, timedelta(seconds=1))
    out, err = capfd.readouterr()
    if kind is JsonServerLog:
        assert json.loads(err)["message"] == "starting now"
        said = json.loads(out)
        assert '"GET /x HTTP/1.1" 200 3' in said["message"]
        assert (said["method"], said["path"], said["status"], said["bytes"], said["duration"]) == (
            "GET",
            "/x",
            200,
            3,
            1,
        )
    else:
        assert err.endswith("[INFO] starting now\n")
        assert '"GET /x HTTP/1.1" 200 3' in out
    assert "+0000]" in out


def test_what_is_said_of_a_request_has_its_name() -> None:
    current.set("the-request")
    assert as_json(record())["request_id"] == "the-request"
    assert PlainFormatter().format(record("x")).endswith(" [WARNING] [the-request] x")


@pytest.mark.parametrize(
    ("level", "expected"),
    [
        (
            "debug",
            [
                "django_pyz.serve DEBUG",
                "django_pyz.serve INFO",
                "django_pyz.serve ERROR",
                "an.app INFO",
                "an.app ERROR",
            ],
        ),
        ("error", ["django_pyz.serve ERROR", "an.app ERROR"]),
    ],
)
def test_what_pythons_loggers_say_is_logged_once(level: str, expected: list[str], python: Python) -> None:
    code = JOIN.replace("import logging", "import os; os.dup2(1, 2)\nimport logging")
    assert [json.loads(line)["message"] for line in python(code, level, "json").splitlines()] == expected


OWN = """
import json, logging, os, sys
os.dup2(1, 2)
import django
from django.conf import settings
from gunicorn.config import Config
from django_pyz_runtime.serve.settings import log

server_log = log.ServerLog(Config())
settings.configure(LOGGING=json.loads(sys.argv[1]))
before = logging.getLogger("django_pyz.serve")
handler = log.begin_logging("info", "plain")
django.setup()
log.keep_loggers()
log.join_python_logging(handler)
server_log.info("server")
before.info("ours")
logging.getLogger("shop").info("shop")
logging.getLogger("django.request").warning("Not Found: /x")
sys.stderr.flush()
"""
CONSOLE = {
    "version": 1,
    "formatters": {"own": {"format": "own %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "own"}},
}


@pytest.mark.parametrize(
    ("logging_setting", "expected"),
    [
        # It has silenced Django's loggers itself.
        ({**CONSOLE, "root": {"handlers": ["console"], "level": "INFO"}}, ["own shop"]),
        (
            {
                **CONSOLE,
                "loggers": {"shop": {"handlers": ["console"], "level": "INFO"}},
                "disable_existing_loggers": False,
            },
            ["own shop", "[WARNING] Not Found: /x"],
        ),
        ({**CONSOLE, "loggers": {"django": {"handlers": ["console"]}}}, ["own Not Found: /x"]),
        ({}, ["[INFO] shop", "[WARNING] Not Found: /x"]),
    ],
)
def test_a_project_with_logging_of_its_own_keeps_it_and_the_server_its_own(
    logging_setting: dict[str, Any], expected: list[str], python: Python
) -> None:
    """Also where it disables the loggers that are there, as logging.config does unless it is told not to."""
    found = python(OWN, json.dumps(logging_setting)).splitlines()
    assert [re.sub(r"^\[[^]]*\] \[\d+\] ", "", line) for line in found] == ["[INFO] server", "[INFO] ours", *expected]


def test_what_is_written_beside_the_log_is_json_as_well(python: Python) -> None:
    code = """if True:
        import os; os.dup2(1, 2)
        from django_pyz_runtime import errors
        from django_pyz_runtime.serve.settings.log import introduce
        introduce("1.2", "json")
        errors.write("shop: two\\nshop: lines\\n", errors.WARNING)
        errors.tell(errors.UserError("wrong"))
    """
    first, second = [json.loads(line) for line in python(code).splitlines()]
    assert (first["level"], first["message"], first["release"]) == ("warning", "shop: two\nshop: lines", "1.2")
    assert second["level"] == "error"


WRITERS = """
import logging, os, sys
from gunicorn.config import Config
from django_pyz_runtime.serve.settings.log import JsonServerLog

log = JsonServerLog(Config())
children = []
for number in range(4):
    if not (child := os.fork()):
        for _ in range(30):
            log.info("%s", str(number) * 30_000)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
"""


def test_long_lines_of_several_processes_in_a_pipe_stay_whole() -> None:
    command = [sys.executable, "-c", WRITERS]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=clean_environment()) as process:
        assert process.stderr
        said = [json.loads(line)["message"] for line in process.stderr]
    assert sorted(said) == sorted(str(number) * 30_000 for number in range(4) for _ in range(30))
