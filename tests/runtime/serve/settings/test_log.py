"""The server's log."""

from __future__ import annotations

import json
import logging
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

from django_pyz_runtime.serve.edge.request_ids import current
from django_pyz_runtime.serve.settings.log import (
    AccessFormatter,
    JsonFormatter,
    JsonServerLog,
    PlainFormatter,
    ServerLog,
    logger_class,
)
from tests.runtime.conftest import Python

JOIN = """
import logging, sys
from django.conf import settings
settings.configure(LOGGING={"version": 1} if sys.argv[3:] else {})
from django_pyz_runtime.serve.settings.log import join_python_logging
join_python_logging(sys.argv[1], sys.argv[2])
for name in ("django_pyz.serve", "an.app"):
    for level in (logging.DEBUG, logging.INFO, logging.ERROR):
        logging.getLogger(name).log(level, "%s %s", name, logging.getLevelName(level))
sys.stderr.flush()
"""


def record(message: str = "said %s", *args: object, **extra: Any) -> logging.LogRecord:
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


@pytest.mark.parametrize(
    ("level", "priority"), [(logging.DEBUG, 7), (25, 6), (logging.ERROR, 3), (logging.CRITICAL, 2)]
)
def test_each_line_tells_the_journal_how_urgent_it_is(level: int, priority: int) -> None:
    found = record("one\ntwo")
    found.levelno = level
    for formatter in (
        PlainFormatter(in_journal=True),
        JsonFormatter(in_journal=True),
        AccessFormatter(in_journal=True),
    ):
        assert all(line.startswith(f"<{priority}>") for line in formatter.format(found).splitlines())


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


def test_what_json_cannot_hold_is_given_as_text() -> None:
    itself: dict[object, object] = {(1, 2): 3}
    itself["itself"] = itself
    assert as_json(record("x", odd=itself))["odd"] == "{(1, 2): 3, 'itself': {...}}"


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
    assert found["message"] == message


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


def test_what_is_said_behind_a_request_is_not_about_it() -> None:
    current.set("the-request")
    assert as_json(record())["request_id"] == "the-request"
    nothing: Any = None
    ServerLog(Config()).access(nothing, nothing, {}, timedelta(seconds=1))
    assert "request_id" not in as_json(record())


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


def test_a_project_with_logging_of_its_own_keeps_it(python: Python) -> None:
    code = JOIN.replace("import logging", "import os; os.dup2(1, 2)\nimport logging")
    found = python(code, "error", "plain", "own").splitlines()
    assert [line.partition("] ")[2].rpartition("] ")[2] for line in found] == ["django_pyz.serve ERROR", ""]
