"""The clients, and what they ask."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.load import ask, requests_per_second


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.protocol_version = "HTTP/1.1"
        self.send_response(200 if self.path == "/plain/" else 404)
        self.end_headers()
        self.wfile.write(self.path.encode())

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server that knows one page."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def test_answers_are_counted(port: int) -> None:
    assert requests_per_second(port, "/plain/", 0) > 0


def test_an_answer_other_than_200_is_an_error_that_shows_it(port: int) -> None:
    with pytest.raises(BenchmarkError, match=r"(?s)GET /other: wanted 200, found:.*404"):
        ask(port, "/other")
    with pytest.raises(BenchmarkError, match="GET /other"):
        requests_per_second(port, "/other", 0)


def test_no_answer_is_an_error() -> None:
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        port = unheard.getsockname()[1]
        with pytest.raises(BenchmarkError, match=r"GET /plain/: .*refused"):
            ask(port, "/plain/")
