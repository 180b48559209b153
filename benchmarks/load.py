"""Load for a server on this machine: clients that repeatedly request a page and read all of it."""

from __future__ import annotations

import socket
import threading
import time

from benchmarks.errors import BenchmarkError

_CLIENTS = 4
"""Twice the workers: none waits for the next request."""
_PATIENCE_SECONDS = 60.0


def ask(port: int, path: str) -> bytes:
    """Request a page on its own connection, and return the body.

    Raises:
        BenchmarkError: the status is not 200, or there is no response.
    """
    request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    parts = []
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_SECONDS) as connection:
            connection.sendall(request)
            while part := connection.recv(65536):
                parts.append(part)
    except OSError as error:
        raise BenchmarkError(f"GET {path}: {error}") from None
    answer = b"".join(parts)
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise BenchmarkError(f"GET {path}: wanted 200, found:\n{answer[:2000].decode(errors='replace')}")
    return answer.partition(b"\r\n\r\n")[2]


def ask_since(start: float, port: int, path: str) -> float:
    """Request a page, and return the milliseconds from a time.perf_counter() value until it is read."""
    ask(port, path)
    return (time.perf_counter() - start) * 1000


def requests_per_second(port: int, path: str, seconds: float) -> float:
    """The number of requests that a server answers.

    Args:
        port: of the server.
        path: of the page.
        seconds: the duration; each client sends at least one request.

    Raises:
        BenchmarkError: a status is not 200, or there is no response.
    """
    counts = [0] * _CLIENTS
    problems: list[BenchmarkError] = []
    start = time.perf_counter()

    def client(number: int) -> None:
        try:
            is_over = False
            while not is_over:
                ask(port, path)
                counts[number] += 1
                is_over = time.perf_counter() - start >= seconds
        except BenchmarkError as error:
            problems.append(error)

    clients = [threading.Thread(target=client, args=(number,)) for number in range(_CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()
    if problems:
        raise problems[0]
    return sum(counts) / (time.perf_counter() - start)
