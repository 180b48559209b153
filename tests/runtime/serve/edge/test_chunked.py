"""A body in chunks has a length when it reaches the application."""

from __future__ import annotations

import io
from collections.abc import Iterable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from wsgiref.util import setup_testing_defaults

import pytest

from django_pyz_runtime.serve.edge.chunked import WithLength

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


def project(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Reads as Django does."""
    length = environ.get("CONTENT_LENGTH")
    start_response("200 OK", [("X-Length", str(length)), ("X-Coding", environ.get("HTTP_TRANSFER_ENCODING", ""))])
    return [environ["wsgi.input"].read(int(length or 0))]


def asked(more: dict[str, Any], limit_bytes: int | None = None) -> tuple[str, dict[str, str], bytes]:
    """The answer to a request with the body "hello"."""
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "wsgi.input": io.BytesIO(b"hello"), **more}
    setup_testing_defaults(environ)
    started: list[tuple[str, dict[str, str]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        started.append((status, dict(headers)))

    body = b"".join(WithLength(project, limit_bytes)(environ, start_response))
    return (*started[0], body)


CHUNKED: dict[str, Any] = {"HTTP_TRANSFER_ENCODING": "Chunked", "wsgi.input_terminated": True}


def test_it_is_read_where_nobody_has() -> None:
    assert asked(CHUNKED) == ("200 OK", {"X-Length": "5", "X-Coding": ""}, b"hello")


def test_where_the_worker_has_read_it_its_word_counts() -> None:
    connection = SimpleNamespace(unchunked_bytes=4)
    assert asked(CHUNKED | {"gunicorn.socket": connection})[2] == b"hell"


@pytest.mark.parametrize(("limit_bytes", "status"), [(4, "413 Request Entity Too Large"), (5, "200 OK")])
def test_it_is_refused_over_the_limit(limit_bytes: int, status: str) -> None:
    assert asked(CHUNKED, limit_bytes)[0] == status


def test_all_else_is_left_alone() -> None:
    # Without an end it must not be read.
    assert asked({"HTTP_TRANSFER_ENCODING": "chunked"})[1] == {"X-Length": "None", "X-Coding": "chunked"}
    assert asked({"CONTENT_LENGTH": "3"})[2] == b"hel"
