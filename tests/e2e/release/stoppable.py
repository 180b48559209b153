"""PostgreSQL that a test stops and starts, at an address of its own."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from tests import programs
from tests.conftest import make_open_folder
from tests.e2e.harness import running, wait_for_line


class Stoppable:
    """The server; it does not run at first.

    Args:
        folder: one that its owner can write.
        owner: the user id it runs as.

    Attributes:
        folder: with its socket.
        port: where it listens, on 127.0.0.1.
    """

    def __init__(self, folder: Path, owner: int) -> None:
        self.folder = folder
        self._owner = owner
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        data = folder / "data"
        (folder / "password").write_text("secret")
        auth = ["--auth=scram-sha-256", f"--pwfile={folder}/password", "--no-sync", "--no-locale", "-EUTF8"]
        self._run("initdb", "--pgdata", data, "--username=shop", *auth)
        with self.running():
            self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "shop", "shop")

    def url(self, password: str = "secret", name: str = "shop", host: str = "127.0.0.1") -> str:
        """The database, by the address of the server or the folder of its socket."""
        return f"postgres://shop:{password}@{quote(host, safe='')}:{self.port}/{name}"

    @contextlib.contextmanager
    def running(self, *options: str) -> Iterator[None]:
        """The server runs until the end of the block.

        Args:
            options: more of its options, as NAME=VALUE.
        """
        given = [f"unix_socket_directories={self.folder}", "fsync=off", f"port={self.port}", *options]
        words = [word for option in given for word in ("-c", option)]
        command = self._command("postgres", "-D", self.folder / "data", "-h", "127.0.0.1", *words)
        with running(command, cwd=self.folder, env=os.environ) as server:
            wait_for_line(server, "ready to accept connections")
            yield
            # At once, whoever is connected.
            server.stop(signal.SIGINT)

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """A connection, which is there until the end of the block."""
        command = self._command("psql", "-d", self.url(), "-c", "SELECT 1", "-c", r"\! echo connected; sleep 1000")
        with running(command, cwd=self.folder, env=os.environ) as client:
            wait_for_line(client, "connected")
            yield

    def _run(self, program: str, *arguments: str | Path) -> None:
        environ = {**os.environ, "PGPASSWORD": "secret"}
        command = self._command(program, *arguments)
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, env=environ)

    def _command(self, program: str, *arguments: str | Path) -> list[str | Path]:
        change = ["setpriv", f"--reuid={self._owner}", "--clear-groups"] if os.geteuid() == 0 else []
        return [*change, shutil.which(program, path=programs.SEARCH) or "", *arguments]


@contextlib.contextmanager
def stoppable() -> Iterator[Stoppable]:
    """PostgreSQL with a user shop and a database of that name."""
    folder = make_open_folder()
    owner = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
    os.chown(folder, owner, -1)
    try:
        yield Stoppable(folder, owner)
    finally:
        shutil.rmtree(folder)
