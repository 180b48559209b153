"""Answers to HEAD have no body, and their resources are released."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

from django_pyz_runtime.serve.edge.application import WsgiEdge
from django_pyz_runtime.serve.limits import Limits

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Answer:
    """A body that knows whether it was closed, and starts its answer late."""

    def __init__(self, start: Callable[[], Any]) -> None:
        self.closed = False
        self._start = start

    def __iter__(self) -> Iterator[bytes]:
        self._start()
        yield b"first"
        yield b"second"

    def close(self) -> None:
        self.closed = True


def ask(method: str) -> tuple[list[bytes], list[str], bool]:
    """What comes back for a method: pieces, statuses, and whether the body was closed."""
    made: list[Answer] = []
    statuses: list[str] = []

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        made.append(Answer(lambda: start_response("200 OK", [("Content-Length", "11")])))
        return made[0]

    def start_response(status: str, headers: Any, exc_info: Any = None) -> Callable[[bytes], object]:
        statuses.append(status)
        return lambda data: None

    environ: dict[str, Any] = {"REQUEST_METHOD": method}
    setup_testing_defaults(environ)
    return list(WsgiEdge(application, Limits())(environ, start_response)), statuses, made[0].closed


def test_head_gets_headers_and_no_body() -> None:
    assert ask("HEAD") == ([], ["200 OK"], True)


def test_get_gets_everything() -> None:
    assert ask("GET") == ([b"first", b"second"], ["200 OK"], False)
