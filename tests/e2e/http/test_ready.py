"""Ready probes, and a database that accepts connections and never answers."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, wait_for_line
from tests.waiting import DEADLINE_SECONDS


class SilentDatabase:
    """A listener that takes every connection and says nothing.

    Attributes:
        url: a PostgreSQL database there.
        connections: those that were made.
    """

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"postgres://shop@127.0.0.1:{self._listener.getsockname()[1]}/shop"
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self._listener.accept()[0])

    def close(self) -> None:
        """End."""
        # It ends accept(), unlike close().
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.close()


@pytest.fixture
def database() -> Iterator[SilentDatabase]:
    """The database."""
    made = SilentDatabase()
    yield made
    with contextlib.suppress(OSError):
        made.close()


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_a_database_that_hangs_costs_one_thread_and_the_site_goes_on(
    interface: str, channels_bundle: Path, tmp_path: Path, shared_cache: Path, database: SilentDatabase
) -> None:
    machine = Machine(tmp_path, channels_bundle, "channels")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    serve = f"[serve]\ninterface = {interface}\nworkers = 1\nthreads = 2\ngraceful_timeout = {10 * DEADLINE_SECONDS}\n"
    machine.configure(f"{serve}[settings]\nDATABASES.other = {database.url}\n")
    with machine.serving("--migrate") as server:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(server.get, ["/-/ready"] * 16))
        assert {(answer.status, answer.body) for answer in answers} == {(503, b"unavailable\n")}
        assert server.get("/-/live").status == server.get("/").status == 200
        assert len(database.connections) == 1
        assert len(re.findall("not ready: database: no answer within 5 seconds", server.said)) == 1
        # It waits neither for the check nor for the database.
        assert server.stop() == 0


@pytest.mark.long
def test_a_start_says_that_it_waits_for_a_database_that_hangs(
    channels_bundle: Path, tmp_path: Path, shared_cache: Path, database: SilentDatabase
) -> None:
    machine = Machine(tmp_path, channels_bundle, "channels")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    machine.configure(f"[serve]\nworkers = 1\n[settings]\nDATABASES.default = {database.url}\n")
    with machine.serving() as server:
        wait_for_line(server, r"the database 'shop' \(postgresql\) has not answered for 5 seconds; waiting\.")
        database.close()
        wait_for_line(server, r"waiting for the database: the database 'shop' \(postgresql\) does not answer: ")
        assert server.stop() == 0
