"""The clients of the soak test: threads that send requests to a local server, each at a steady pace."""

from __future__ import annotations

import contextlib
import http.client
import select
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks.errors import BenchmarkError
from benchmarks.soak.kinds import Kind, quick, slow

_PATIENCE_SECONDS = 60.0
_SHOWN_CHARACTERS = 300


@dataclass(frozen=True)
class Crowd:
    """The numbers of clients.

    Attributes:
        keeping: with kept connections.
        plain: with a new connection per request.
        slow: slow ones, or with slow requests; fewer than a worker's threads, or they would take all.
        pause_seconds: between a response and the next request: keeps the server busy, with room for an upgrade.
    """

    keeping: int = 8
    plain: int = 8
    slow: int = 3
    pause_seconds: float = 0.25


@dataclass(frozen=True)
class Answer:
    """The result of one request.

    Attributes:
        start: the time.perf_counter() value when it was sent.
        end: when the response was read, or the request failed.
        problem: the error; "" if none.
        own_seconds: the request's own duration.
    """

    start: float
    end: float
    problem: str = ""
    own_seconds: float = 0.0

    @property
    def wait_seconds(self) -> float:
        """How long the client waited beyond that."""
        return max(0.0, self.end - self.start - self.own_seconds)


@contextlib.contextmanager
def traffic(port: int, crowd: Crowd) -> Iterator[list[Answer]]:
    """Let clients send requests until the end of the block; each finishes its last one.

    Args:
        port: of the server, on 127.0.0.1.
        crowd: the clients.

    Yields:
        The growing list of results.
    """
    answers: list[Answer] = []
    over = threading.Event()
    clients = [
        *(_Client(port, keeps=True, kinds=quick(number)) for number in range(crowd.keeping)),
        *(_Client(port, keeps=False, kinds=quick(number)) for number in range(crowd.plain)),
        *(_Client(port, keeps=False, kinds=slow(number)) for number in range(crowd.slow)),
    ]
    threads = [threading.Thread(target=client.run, args=(answers, crowd.pause_seconds, over)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


class _Client:
    def __init__(self, port: int, *, keeps: bool, kinds: Iterator[Kind]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_SECONDS)
        self._keeps = keeps
        self._kinds = kinds

    def run(self, answers: list[Answer], pause_seconds: float, over: threading.Event) -> None:
        """Send requests repeatedly."""
        while not over.wait(pause_seconds):
            answers.append(self._answer(next(self._kinds)))
        self._connection.close()

    def _answer(self, kind: Kind) -> Answer:
        start = time.perf_counter()
        problem = ""
        try:
            self._ask(kind)
        except (OSError, http.client.HTTPException, BenchmarkError) as error:
            connection = "its kept connection" if self._keeps else "a connection of its own"
            problem = f"{kind} on {connection}: {type(error).__name__}: {error}"
        end = time.perf_counter()
        if problem or not self._keeps:
            self._connection.close()
        return Answer(start, end, problem, kind.seconds)

    def _ask(self, kind: Kind) -> None:
        if self._keeps:
            _leave_if_closed(self._connection)
        headers = {**kind.headers, "Connection": "keep-alive" if self._keeps else "close"}
        self._connection.request(kind.method, kind.path, body=kind.body(), headers=headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != kind.status or kind.says not in body:
            shown = body[:_SHOWN_CHARACTERS].decode(errors="replace")
            raise BenchmarkError(f"wanted {kind.status} with {kind.says.decode()!r}, found {response.status}: {shown}")


def _leave_if_closed(connection: http.client.HTTPConnection) -> None:
    """Drop a connection that the server has closed, as clients with kept connections do."""
    if connection.sock and select.select([connection.sock], [], [], 0)[0]:
        connection.close()
