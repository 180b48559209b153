"""Which requests are counted, and as what."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from django_pyz_runtime.release.gate import Gate
from django_pyz_runtime.serve.edge.application import WsgiEdge
from django_pyz_runtime.serve.edge.asgi import Edge
from django_pyz_runtime.serve.edge.measured import MeasuredWsgi, after_answer
from django_pyz_runtime.serve.edge.script_name import EdgePaths
from django_pyz_runtime.serve.edge.shared import Shared
from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.metrics.counters import Meter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Noted(Meter):
    """A meter that knows what it was told."""

    def __init__(self) -> None:
        super().__init__()
        self.inside = 0
        self.answered: list[tuple[str, int]] = []

    def enter(self) -> int:
        self.inside += 1
        return 1

    def leave(self, started: int, method: str, status: int) -> None:
        self.inside -= 1
        self.answered.append((method, status))


class Response(NamedTuple):
    """As gunicorn's."""

    status_code: int | None
    headers_sent: bool


def static(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    start_response("304 Not Modified", [])
    return []


@pytest.mark.parametrize(
    ("response", "status"), [(Response(201, True), 201), (Response(201, False), 500), (Response(None, True), 0)]
)
def test_a_request_of_wsgi_is_counted_at_its_end(response: Response, status: int) -> None:
    meter = Noted()
    environ: dict[str, Any] = {"REQUEST_METHOD": "POST"}
    MeasuredWsgi(static, meter)(environ, lambda *told: lambda piece: None)
    assert (meter.inside, meter.answered) == (1, [])
    called: list[object] = []
    after_answer(meter, lambda *given: called.append(given))(None, None, environ, response)
    assert (meter.inside, meter.answered, len(called)) == (0, [("POST", status)], 1)


def test_a_request_that_has_not_come_there_is_not_counted() -> None:
    meter = Noted()
    after_answer(meter, None)(None, None, {}, None)
    assert (meter.inside, meter.answered) == (0, [])


async def project(scope: Any, receive: Any, send: Any) -> None:
    if scope["path"] == "/bug":
        raise ZeroDivisionError
    if scope["path"] == "/late":
        raise asyncio.CancelledError
    if scope["path"] != "/gone":
        await send({"type": "http.response.start", "status": 202, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.mark.parametrize(
    ("path", "answered"),
    [
        ("/", [("GET", 202)]),
        ("/bug", [("GET", 500)]),
        ("/gone", [("GET", 499)]),
        ("/late", [("GET", 499)]),
        ("/static/a.css", [("GET", 304)]),
        ("/-/ready", []),
    ],
)
def test_a_request_of_asgi_is_counted_unless_it_is_for_a_health_endpoint(path: str, answered: list[object]) -> None:
    meter = Noted()
    paths = EdgePaths(None, {"/static/a.css", "/-/ready"})
    edge = Edge(project, WsgiEdge(static, Limits()), paths, Limits(), Shared(Gate(), meter=meter), {"/-/ready"})
    scope: Any = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": [],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "http_version": "1.1",
    }

    async def send(event: Any) -> None:
        pass

    async def ask() -> None:
        await edge(scope, lambda: asyncio.sleep(0), send)  # type: ignore[arg-type, return-value]  # no body is read

    try:
        asyncio.run(ask())
    except (ZeroDivisionError, asyncio.CancelledError):
        assert path in ("/bug", "/late")
    assert (meter.inside, meter.answered) == (0, answered)
