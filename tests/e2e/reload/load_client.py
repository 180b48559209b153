"""Clients that ask a server again and again, and record every failure."""

from __future__ import annotations

import contextlib
import http.client
import operator
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.waiting import DEADLINE_SECONDS, wait_until

PAUSE_SECONDS = 0.04
"""Between two requests of a client: clients without it would leave the server no time for anything else."""

Address = str | tuple[str, int]
"""Where a server listens: the path of a unix socket, or a host and a port."""


class Connection(http.client.HTTPConnection):
    """An HTTP connection, over a unix socket too.

    Args:
        address: of the server.
    """

    def __init__(self, address: Address) -> None:
        self._path = address if isinstance(address, str) else ""
        host, port = ("localhost", None) if isinstance(address, str) else address
        super().__init__(host, port, timeout=DEADLINE_SECONDS)

    def connect(self) -> None:
        """Connect; called when a request is made without a connection."""
        if not self._path:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(DEADLINE_SECONDS)
        self.sock.connect(self._path)


@dataclass
class Load:
    """What the clients saw.

    Attributes:
        answers: how many each client has had.
        failures: what went wrong, and how long after the start; an answer other than 200 is a failure, too.
        bodies: the different answers.
        may_pause: whether 503 with Retry-After is no failure.
        paused: how often that came.
    """

    answers: list[int]
    failures: list[str] = field(default_factory=list)
    bodies: set[bytes] = field(default_factory=set)
    may_pause: bool = False
    paused: int = 0
    _start: float = field(default_factory=time.monotonic)
    _is_over: threading.Event = field(default_factory=threading.Event)

    def __str__(self) -> str:
        told = f"answers to each client: {self.answers}, {len(self.failures)} failures"
        return "\n".join([told, *self.failures[:20]])

    def ask(self, number: int, address: Address, path: str, keeps_alive: bool) -> None:
        """Be one client, until the end."""
        connection = Connection(address)
        while not self._is_over.is_set():
            start = time.monotonic()
            try:
                connection.request("GET", path, headers={} if keeps_alive else {"Connection": "close"})
                answer = connection.getresponse()
                body = answer.read()
                if answer.status == 200:
                    self.bodies.add(body)
                    self.answers[number] += 1
                elif self.may_pause and answer.status == 503 and answer.headers["Retry-After"]:
                    self.paused += 1
                else:
                    self._fail(start, f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._fail(start, f"{'kept alive' if keeps_alive else 'plain'}: {error!r}")
            self._is_over.wait(PAUSE_SECONDS)
        connection.close()

    def _fail(self, start: float, failure: str) -> None:
        now = time.monotonic()
        self.failures.append(f"{start - self._start:.2f} s to {now - self._start:.2f} s: {failure}")

    def go_on(self, count: int = 10) -> None:
        """Wait until each client has had so many answers more, or there is a failure."""
        wanted = [had + count for had in self.answers]
        wait_until(lambda: self.failures or all(map(operator.ge, self.answers, wanted)), self)

    def end(self) -> None:
        """Let each client have its last answer."""
        self._is_over.set()


@contextlib.contextmanager
def load(
    address: Address, path: str = "/", keep_alive: int = 8, plain: int = 8, *, may_pause: bool = False
) -> Iterator[Load]:
    """Clients that ask until the end of the block.

    Args:
        address: of the server.
        path: what they ask for.
        keep_alive: how many clients keep their connection.
        plain: how many connect anew for each request.
        may_pause: whether 503 with Retry-After is no failure.
    """
    kinds = [True] * keep_alive + [False] * plain
    seen = Load([0] * len(kinds), may_pause=may_pause)
    clients = [
        threading.Thread(target=seen.ask, args=(number, address, path, kind)) for number, kind in enumerate(kinds)
    ]
    for client in clients:
        client.start()
    try:
        yield seen
    finally:
        seen.end()
        for client in clients:
            client.join()
