"""A bundle on a machine of its own: started as a subprocess, in a temporary home, from another folder."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from django_pyz_runtime.bundle.names import env_prefix
from tests.measuring import PYTHONS
from tests.waiting import DEADLINE_SECONDS

PATH = os.pathsep.join(
    [*os.environ.get(PYTHONS, "").split(), str(Path(sys.executable).resolve().parent), os.environ["PATH"]]
)
"""A search path on which a bundle's first line finds the Python of these tests by its version."""
_WITH_SOCKET = (
    sys.executable,
    "-c",
    "import os, sys; os.dup2(int(sys.argv[1]), 3); "
    "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1'); os.execv(sys.argv[2], sys.argv[2:])",
)
"""Passes a listening socket to a command as systemd does. Its arguments are the socket's descriptor and the command."""


def path_without_uv() -> str:
    """The search path of a machine where pip installs."""
    return os.pathsep.join(folder for folder in PATH.split(os.pathsep) if not shutil.which("uv", path=folder))


@dataclass(frozen=True)
class Response:
    """An HTTP response, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()


def request(
    url: str, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
) -> Response:
    """Ask a server; redirects are not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=DEADLINE_SECONDS)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body=body, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Response(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@dataclass
class Server:
    """A running server: where it listens, what it has said so far, and how to stop it.

    Attributes:
        process: the server.
        url: where it listens.
        lines: what it has said.
        is_silent: whether it will say no more.
        news: notified when either changes.
    """

    process: subprocess.Popen[str]
    url: str = ""
    lines: list[str] = field(default_factory=list)
    is_silent: bool = False
    news: threading.Condition = field(default_factory=threading.Condition)

    @property
    def said(self) -> str:
        """Its standard error so far."""
        return "".join(self.lines)

    def get(self, path: str, **headers: str) -> Response:
        """Ask it for a path."""
        return request(self.url + path, headers={key.replace("_", "-"): value for key, value in headers.items()})

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Stop it with a signal, wait until it has ended and all that it has said was read, and return its exit code.

        Raises:
            AssertionError: a process that it has started goes on, and could still say something.
        """
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(DEADLINE_SECONDS)
        with self.news:
            assert self.news.wait_for(lambda: self.is_silent, DEADLINE_SECONDS), f"not all of it ended:\n{self.said}"
        return code


class Machine:
    """A place where a bundle is used: home, current folder and environment are its own.

    Args:
        folder: an empty folder.
        executable: the bundle.
        name: the project's name.
    """

    def __init__(self, folder: Path, executable: Path, name: str = "project") -> None:
        self.folder = folder
        self.executable = executable
        self.name = name
        self.home = folder / "home"
        self.elsewhere = folder / "elsewhere"
        for made in (self.home, self.elsewhere):
            made.mkdir(mode=0o755)
        self.data = folder / "data"
        self.environment = {
            "PATH": PATH,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            # What systemd would set; it keeps a test that runs as root out of /var.
            "CACHE_DIRECTORY": str(folder / "cache"),
            "STATE_DIRECTORY": str(self.data),
            "RUNTIME_DIRECTORY": str(folder / "run"),
        }

    def configure(self, text: str, name: str = "settings.ini") -> Path:
        """Write a configuration file, which later commands read."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        self.environment[env_prefix(self.name) + "CONFIG"] = str(path)
        return path

    def run(self, *arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the bundle to its end."""
        return subprocess.run(
            [str(self.executable), *arguments],
            cwd=self.elsewhere,
            env={**self.environment, **environment},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
        )

    def succeed(self, *arguments: str, stdin: str = "", **environment: str) -> str:
        """Run a command that must end well, and return its standard output."""
        done = self.run(*arguments, stdin=stdin, **environment)
        assert done.returncode == 0, f"{arguments}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    @contextlib.contextmanager
    def serving(self, *arguments: str, command: str = "runserve", **environment: str) -> Iterator[Server]:
        """A server on a free port, from when it listens until the end of the block."""
        with self.started(command, "--bind", "127.0.0.1:0", *arguments, **environment) as server:
            server.url = wait_for_line(server, r"Listening at: (http://\S+)")
            yield server

    @contextlib.contextmanager
    def started(self, *arguments: str, **environment: str) -> Iterator[Server]:
        """A command that goes on by itself; it and its children are gone at the end of the block."""
        everything = {**self.environment, "PYTHONUNBUFFERED": "1", **environment}
        command: list[str | Path] = [self.executable, *arguments]
        with running(command, cwd=self.elsewhere, env=everything) as server:
            yield server

    @contextlib.contextmanager
    def serving_on(self, listener: socket.socket, *arguments: str, **environment: str) -> Iterator[Server]:
        """A server to which a listening socket is passed as systemd does; it is gone at the end of the block."""
        everything = {**self.environment, "PYTHONUNBUFFERED": "1", **environment}
        command: list[str | Path] = [*_WITH_SOCKET, str(listener.fileno()), self.executable, "runserve", *arguments]
        descriptors = [listener.fileno()]
        with running(command, cwd=self.elsewhere, env=everything, pass_fds=descriptors) as server:
            host, port = listener.getsockname()
            server.url = f"http://{host}:{port}"
            yield server


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], *, cwd: Path | None = None, env: Mapping[str, str], pass_fds: Sequence[int] = ()
) -> Iterator[Server]:
    """A process that goes on by itself; it and its children are gone at the end of the block.

    Args:
        command: program and arguments.
        cwd: where it runs; the current folder, where that is None.
        env: its environment.
        pass_fds: open files that it is given.
    """
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="backslashreplace",
        pass_fds=pass_fds,
        start_new_session=True,
    )
    server = Server(process)
    assert process.stdout is not None
    reader = threading.Thread(target=_collect, args=(process.stdout, server), daemon=True)
    reader.start()
    try:
        yield server
    finally:
        _end(process)
        reader.join(DEADLINE_SECONDS)
        process.stdout.close()


def wait_for_line(server: Server, pattern: str, meanwhile: Callable[[], object] = lambda: None) -> str:
    """Wait until a process has said something, and return the first group of the pattern.

    Args:
        server: the process.
        pattern: what it has to say.
        meanwhile: done again and again until then.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while time.monotonic() < deadline:
        meanwhile()
        with server.news:
            if match := re.search(pattern, server.said):
                return match[1] if match.groups() else match[0]
            if server.is_silent:
                break
            server.news.wait(0.2)
    raise AssertionError(f"waited for {pattern!r}, found:\n{server.said}")


def _collect(stream: IO[str], server: Server) -> None:
    for line in stream:
        with server.news:
            server.lines.append(line)
            server.news.notify_all()
    with server.news:
        server.is_silent = True
        server.news.notify_all()


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(20)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(DEADLINE_SECONDS)
