"""The edge before an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pytest

from django_pyz_runtime.serve.edge.application import WsgiEdge
from django_pyz_runtime.serve.edge.asgi import Edge
from django_pyz_runtime.serve.edge.script_name import EdgePaths
from django_pyz_runtime.serve.limits import Limits
from tests.waiting import DEADLINE_SECONDS

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

closed: list[str] = []


class Body:
    """A file that knows whether it was closed."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __iter__(self) -> Any:
        yield b"the edge"

    def close(self) -> None:
        closed.append(self._path)


def edge(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """The WSGI application for /static/a.css."""
    start_response("200 OK", [("Content-Length", "8"), ("X-Method", environ["REQUEST_METHOD"])])
    return Body(environ["PATH_INFO"])


async def project(scope: Any, receive: Any, send: Any) -> None:
    """The project's application: answers in two pieces, and says what server it was asked by."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-server", repr(scope["server"]))]})
        await send({"type": "http.response.body", "body": b"the ", "more_body": True})
        await send({"type": "http.response.body", "body": b"project"})
    else:
        await send({"type": f"{scope['type']}.heard"})


application = Edge(project, WsgiEdge(edge, Limits()), EdgePaths(None, {"/static/a.css"}), Limits())


def scope_of(path: str, method: str, more: dict[str, Any]) -> Any:
    """A request as the server describes it."""
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "http_version": "1.1",
        "scheme": "https",
        "headers": [(b"host", b"www.example.org")],
        "server": ("127.0.0.1", 8000),
        "root_path": "",
        **more,
    }


async def receive() -> Any:
    """Nobody needs the body."""
    raise AssertionError


def asked(path: str = "/", method: str = "GET", **more: Any) -> tuple[list[dict[str, Any]], bytes]:
    """What comes back: the events but for those of a body, and the body."""
    events: list[dict[str, Any]] = []

    async def send(event: Any) -> None:
        events.append(event)

    asyncio.run(application(scope_of(path, method, more), receive, send))
    body = b"".join(event.get("body", b"") for event in events)
    return [event for event in events if event["type"] != "http.response.body"], body


def test_the_paths_of_the_edge_are_answered_there_and_all_else_by_the_project() -> None:
    assert asked("/static/a.css")[1] == b"the edge"
    assert asked("/static/b.css")[1] == b"the project"


def test_the_root_path_does_not_count() -> None:
    assert asked("/site/static/a.css", root_path="/site")[1] == b"the edge"


def test_what_the_edge_answers_with_is_closed() -> None:
    closed.clear()
    asked("/static/a.css")
    assert closed == ["/static/a.css"]


def test_an_answer_is_given_up_where_its_client_is_gone() -> None:
    async def give_up() -> None:
        waits = asyncio.Event()

        async def send(event: Any) -> None:
            waits.set()
            await asyncio.Event().wait()

        answer = asyncio.ensure_future(application(scope_of("/static/a.css", "GET", {}), receive, send))
        await waits.wait()
        answer.cancel()
        await asyncio.wait([answer], timeout=DEADLINE_SECONDS)
        assert answer.cancelled()

    closed.clear()
    asyncio.run(give_up())
    assert closed == ["/static/a.css"]


@pytest.mark.parametrize("path", ["/static/a.css", "/"])
def test_head_gets_headers_and_no_body(path: str) -> None:
    events, body = asked(path, "HEAD")
    assert ([event["status"] for event in events], body) == ([200], b"")


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_websockets_and_the_lifespan_are_the_projects(kind: str) -> None:
    assert asked("/static/a.css", type=kind)[0] == [{"type": f"{kind}.heard"}]


@pytest.mark.parametrize(
    ("server", "host", "seen"),
    [
        (("127.0.0.1", 8000), b"www.example.org", ("127.0.0.1", 8000)),
        (("/", "t"), b"www.example.org", ("www.example.org", 443)),
        (None, b"www.example.org:8443", ("www.example.org", 8443)),
    ],
)
def test_behind_a_unix_socket_the_server_is_the_host_that_was_asked_for(server: Any, host: bytes, seen: Any) -> None:
    [start], _ = asked(server=server, headers=[(b"host", host)])
    assert start["headers"][0] == (b"x-server", repr(seen))
