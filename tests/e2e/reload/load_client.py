"""Clients that ask a server again and again, and record every failure and the longest wait."""

from __future__ import annotations

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

TIMEOUT_SECONDS = 30
PAUSE_SECONDS = 0.02
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
        super().__init__(host, port, timeout=TIMEOUT_SECONDS)

    def connect(self) -> None:
        """Connect; called when a request is made without a connection."""
        if not self._path:
            super().connect()
            return
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(TIMEOUT_SECONDS)
        self.sock.connect(self._path)


@dataclass
class Load:
    """What the clients saw.

    Attributes:
        requests: how many were answered.
        failures: what went wrong, and how long after the start; an answer other than 200 is a failure, too.
        longest_seconds: the longest wait for an answer, the connection included.
        bodies: the different answers, each with the number of seconds after the start when it was first seen.
    """

    requests: int = 0
    failures: list[str] = field(default_factory=list)
    longest_seconds: float = 0
    bodies: dict[bytes, float] = field(default_factory=dict)
    _start: float = field(default_factory=time.monotonic)
    _is_over: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __str__(self) -> str:
        told = f"{self.requests} requests, {len(self.failures)} failures, longest wait {self.longest_seconds:.3f} s"
        return "\n".join([told, *self.failures[:20]])

    def ask(self, address: Address, path: str, keeps_alive: bool) -> None:
        """Be one client, until the end."""
        connection = Connection(address)
        while not self._is_over.is_set():
            start = time.monotonic()
            try:
                connection.request("GET", path, headers={} if keeps_alive else {"Connection": "close"})
                answer = connection.getresponse()
                body = answer.read()
                self._record(start, body, "" if answer.status == 200 else f"status {answer.status}")
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._record(start, b"", f"{'kept alive' if keeps_alive else 'plain'}: {error!r}")
            self._is_over.wait(PAUSE_SECONDS)
        connection.close()

    def _record(self, start: float, body: bytes, failure: str) -> None:
        now = time.monotonic()
        with self._lock:
            if failure:
                self.failures.append(f"{start - self._start:.2f} s to {now - self._start:.2f} s: {failure}")
            else:
                self.requests += 1
                self.bodies.setdefault(body, now - self._start)
            self.longest_seconds = max(self.longest_seconds, now - start)

    def end(self) -> None:
        """Let each client have its last answer."""
        self._is_over.set()


@contextlib.contextmanager
def load(address: Address, path: str = "/", keep_alive: int = 8, plain: int = 8) -> Iterator[Load]:
    """Clients that ask until the end of the block.

    Args:
        address: of the server.
        path: what they ask for.
        keep_alive: how many clients keep their connection.
        plain: how many connect anew for each request.
    """
    seen = Load()
    kinds = [True] * keep_alive + [False] * plain
    clients = [threading.Thread(target=seen.ask, args=(address, path, kind)) for kind in kinds]
    for client in clients:
        client.start()
    try:
        yield seen
    finally:
        seen.end()
        for client in clients:
            client.join()
