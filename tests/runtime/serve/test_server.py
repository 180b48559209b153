"""gunicorn with the project's configuration."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.server import Server
from tests.e2e.harness import Server as Running
from tests.e2e.harness import running, wait_for_line
from tests.runtime.conftest import clean_environment
from tests.waiting import DEADLINE_SECONDS, held_up_at

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SERVE = """
import sys
from pathlib import Path
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.reload import arbiter
from django_pyz_runtime.serve.reload.handover import Invocation
from django_pyz_runtime.serve.reload.handover import Service
from django_pyz_runtime.serve.reload.notify import Notifier
from django_pyz_runtime.serve.settings.log import ServerLog
from django_pyz_runtime.serve.server import Server

def project(environ, start_response):
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]

def load():
    @LOAD@
    return project

settings = {"bind": [sys.argv[1]], "logger_class": ServerLog, "workers": 2, "control_socket_disable": True, @MORE@}
service = Service(Notifier(""), Invocation.of_this_process(Path(sys.executable), ()), None, "b1")
raise SystemExit(Server(settings, load, lambda: None).serve(service))
"""


def code(load: str = "", more: str = "") -> str:
    """The code of a server: what its workers run to load the site, and more of its settings."""
    return SERVE.replace("@LOAD@", load).replace("@MORE@", more)


def project(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    return []


def nothing() -> None:
    """A check that passes."""


def refuses() -> Any:
    raise UserError("the database is away", hint="Start it.")


def breaks() -> Any:
    raise ZeroDivisionError("a bug")


def test_the_settings_are_gunicorns() -> None:
    server = Server({"bind": ["127.0.0.1:1"], "threads": 3}, lambda: project, nothing)
    assert (server.cfg.bind, server.cfg.threads) == (["127.0.0.1:1"], 3)


def test_neither_the_current_folder_nor_gunicorns_variable_configures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gunicorn.conf.py").write_text("threads = 7\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--threads 8")
    assert Server({}, lambda: project, nothing).cfg.threads == 1


def test_the_application_is_loaded_in_the_worker_only() -> None:
    server = Server({}, breaks, nothing)
    with pytest.raises(SystemExit):
        server.load()


def test_only_the_first_worker_is_checked() -> None:
    checks: list[int] = []
    server = Server({}, lambda: project, lambda: checks.append(1))
    assert [server.load(), server.load()] == [project, project]
    assert len(checks) == 1


def test_a_user_s_error_is_told_by_the_first_worker_only() -> None:
    server = Server({}, refuses, nothing)
    for _ in range(2):
        with pytest.raises(SystemExit) as stop:
            server.load()
        assert stop.value.code == 4
    assert [line.partition(": ")[2] for line in server.failure().splitlines()] == ["the database is away", "Start it."]


def test_a_bug_keeps_its_traceback_and_is_told_once() -> None:
    server = Server({}, breaks, nothing)
    for _ in range(2):
        with pytest.raises(SystemExit) as stop:
            server.load()
        assert stop.value.code == 3
    assert server.failure().count("ZeroDivisionError: a bug") == 1


def test_a_site_is_served_until_a_signal_stops_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = [sys.executable, "-c", code(), f"fd://{listener.fileno()}"]
        server = subprocess.Popen(
            command,
            env=clean_environment(),
            pass_fds=[listener.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        with server:
            connection = http.client.HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=DEADLINE_SECONDS)
            connection.request("GET", "/")
            assert connection.getresponse().read() == b"hello"
            connection.close()
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=DEADLINE_SECONDS)
    assert (server.returncode, out) == (0, b"")
    assert b"Traceback" not in err


@pytest.mark.parametrize(
    ("load", "exit_code", "said"),
    [
        ("raise UserError('wanted', hint='Next.')", 2, "-c: wanted\n-c: Next.\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by"),
    ],
)
def test_a_server_whose_application_does_not_load_stops_and_says_why_once(
    load: str, exit_code: int, said: str, tmp_path: Path
) -> None:
    command = [sys.executable, "-c", code(load), f"unix:{tmp_path}/socket"]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True, timeout=DEADLINE_SECONDS)
    assert (done.returncode, done.stdout, done.stderr.count(said)) == (exit_code, "", 1)
    assert ("Traceback" in done.stderr) is (exit_code == 1)


def test_a_worker_that_loads_for_longer_than_the_timeout_is_waited_for_and_the_log_says_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    load = f"open({str(tmp_path / 'gate')!r}).read()"
    with started(code(load, "'timeout': 3, 'workers': 1"), tmp_path) as server:
        with held_up_at(tmp_path / "gate"):
            wait_for_line(server, "has been loading the site for")
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(tmp_path / "socket"))
            client.sendall(b"GET / HTTP/1.0\r\n\r\n")
            assert client.makefile("rb").read().endswith(b"hello")
        assert server.stop() == 0


def test_ctrl_c_stops_it_without_a_word_while_a_worker_loads(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    with started(code(f"open({str(tmp_path / 'gate')!r}).read()", "'timeout': 1"), tmp_path) as server:
        wait_for_line(server, "has been loading the site for")
        assert server.stop(signal.SIGINT) == 0
        assert "Traceback" not in server.said


def test_a_worker_that_never_ends_to_load_ends_the_server_and_shows_where_it_was(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "gate")
    load = f"open({str(tmp_path / 'gate')!r}).read()"
    program = code(load, "'timeout': 1, 'workers': 1, 'graceful_timeout': 1")
    with started(program.replace("def load", "arbiter.LOADING_SECONDS = 1\n\ndef load"), tmp_path) as server:
        wait_for_line(server, "(?s)WORKER TIMEOUT.*in load")
        assert server.process.wait(DEADLINE_SECONDS) == 1


def started(program: str, folder: Path) -> AbstractContextManager[Running]:
    """A server on a socket in a folder."""
    return running([sys.executable, "-c", program, f"unix:{folder}/socket"], env=clean_environment())
