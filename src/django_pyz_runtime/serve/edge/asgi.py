"""The project's ASGI application, with the same static files and health endpoints at the edge as for WSGI."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Container, Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.release.gate import BEING_UPGRADED, Gate
from django_pyz_runtime.release.time_zone import check_time_zone
from django_pyz_runtime.serve.edge.application import WsgiEdge, check_static_root, edge_paths, static_files
from django_pyz_runtime.serve.edge.health import with_health
from django_pyz_runtime.serve.edge.measured import measured
from django_pyz_runtime.serve.edge.pause import refuse
from django_pyz_runtime.serve.edge.project import import_project, refusals
from django_pyz_runtime.serve.edge.request_ids import begin_asgi
from django_pyz_runtime.serve.edge.script_name import EdgePaths, complete_scope
from django_pyz_runtime.serve.edge.shared import Shared
from django_pyz_runtime.serve.limits import Limits, limits_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        ASGISendEvent,
        HTTPResponseStartEvent,
        HTTPScope,
        Scope,
        WebSocketCloseEvent,
        WebSocketScope,
    )

_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")

_WATCH_SECONDS = 0.2
"""Interval between two checks of the gate while websockets are open."""
_PIECES_AT_ONCE = 8
"""Of 8 KiB, as WhiteNoise's files come: each visit to the thread has a price."""


def load_asgi_application(
    bundle: Bundle,
    configuration: Configuration,
    shared: Shared | None = None,
) -> Edge:
    """Import the project's ASGI application and put the edge before it.

    Args:
        bundle: what is served.
        configuration: free of problems.
        shared: what the processes of the server share; None under the servers of others.

    Raises:
        UserError: the settings refuse, or name an application that is not there.
    """
    shared = shared or Shared(Gate())
    check_static_root(bundle, configuration)
    with refusals("asgi"):
        application: ASGI3Application = import_project(bundle.manifest, "asgi")
        check_time_zone()
        static = static_files(_nothing, bundle, configuration)
    health = with_health(static, bundle, configuration, shared)
    limits = limits_of(configuration)
    return Edge(application, WsgiEdge(health, limits), edge_paths(health, static), limits, shared, health.paths)


class Edge:
    """ASGI application that answers a few paths by a WSGI application; all else is the project's.

    Args:
        application: the project's. It gets every other request, websockets and the lifespan.
        edge: answers GET and HEAD for the paths; it gets no body.
        paths: those that are not the project's.
        limits: for clients; the worker enforces them.
        shared: what the processes of the server share; its gate is for requests and websockets of the project's.
        uncounted: paths whose requests are not counted.
    """

    def __init__(
        self,
        application: ASGI3Application,
        edge: WSGIApplication,
        paths: EdgePaths,
        limits: Limits,
        shared: Shared | None = None,
        uncounted: Container[str | None] = (),
    ) -> None:
        self.limits = limits
        self._uncounted = uncounted
        self._gate = shared.gate if shared else Gate()
        self._meter = shared.meter if shared else None
        self._watch: asyncio.Task[None] | None = None
        self._application = application
        self._edge = edge
        self._paths = paths
        self._websockets: set[ASGISendCallable] = set()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer, or pass on."""
        if scope["type"] in ("http", "websocket"):
            _mend_path(scope)
            _mend_server(scope)
            complete_scope(scope)
            scope["headers"] = headers = list(scope["headers"])
            send = begin_asgi(headers, send)
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._let_in(scope, receive, send)
        else:
            await self._answer(scope, receive, send)

    async def _answer(self, scope: HTTPScope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer a request, or pass it to the project."""
        path = self._paths.find(_path_below_root(scope), scope["root_path"])

        def answer(send: ASGISendCallable) -> Awaitable[None]:
            return _answer(self._edge, scope, path, send) if path else self._let_in(scope, receive, send)

        if self._meter and path not in self._uncounted:
            await measured(self._meter, scope["method"], send, answer)
        else:
            await answer(send)

    async def _let_in(
        self, scope: HTTPScope | WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Pass it to the project, unless the gate is closed."""
        if self._gate.enter():
            try:
                await self._pass_on(scope, receive, send)
            finally:
                self._gate.leave()
        elif scope["type"] == "http":
            await refuse(scope, send)
        else:
            await send({"type": "websocket.close", "code": 1013, "reason": BEING_UPGRADED})

    @property
    def is_paused(self) -> bool:
        """Whether an upgrade has closed the gate."""
        return self._gate.is_closed

    async def _pass_on(
        self, scope: HTTPScope | WebSocketScope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Let the project answer."""
        if scope["type"] == "http":
            is_head = scope["method"] == "HEAD"
            await self._application(scope, receive, _headers_only(send) if is_head else send)
            return
        self._websockets.add(send)
        self._watch = self._watch or asyncio.get_running_loop().create_task(self._watch_gate())
        try:
            await self._application(scope, receive, send)
        finally:
            self._websockets.discard(send)

    async def _watch_gate(self) -> None:
        """Close the websockets once the gate is closed, as long as there are any: they do not end by themselves."""
        while self._websockets:
            if self._gate.is_closed:
                await self.close_websockets()
            await asyncio.sleep(_WATCH_SECONDS)
        self._watch = None

    async def close_websockets(self) -> None:
        """Tell the clients of all websockets to connect again (1012, service restart: IANA WebSocket close codes)."""
        event: WebSocketCloseEvent = {"type": "websocket.close", "code": 1012, "reason": ""}
        await asyncio.gather(*(send(event) for send in self._websockets), return_exceptions=True)


def _headers_only(send: ASGISendCallable) -> ASGISendCallable:
    """A `send` for one answer to HEAD, which ends it where its body would begin.

    Args:
        send: the server's.
    """
    is_over = False

    async def send_headers(event: ASGISendEvent) -> None:
        nonlocal is_over
        if event["type"] != "http.response.body":
            await send(event)
        elif not is_over:
            is_over = True
            await send({"type": "http.response.body", "body": b"", "more_body": False})

    return send_headers


def _mend_path(scope: HTTPScope | WebSocketScope) -> None:
    """Leave scheme and host out of a path in absolute form (RFC 9112, section 3.2.2), as other workers do."""
    if not scope["path"].startswith("/"):
        scope["path"] = _ORIGIN.sub("", scope["path"]) or "/"
        scope["raw_path"] = _ORIGIN.sub("", scope["raw_path"].decode("latin-1")).encode("latin-1") or b"/"


def _mend_server(scope: HTTPScope | WebSocketScope) -> None:
    """Name host and port as other workers of gunicorn do; its ASGI worker takes two letters of a unix socket's path."""
    server = scope.get("server")
    if server and isinstance(server[1], int):
        return
    host = dict(scope["headers"]).get(b"host", b"localhost").decode("latin-1")
    name, _, port = host.partition(":")
    usual = 443 if scope["scheme"] in ("https", "wss") else 80
    scope["server"] = (name, int(port) if port.isdecimal() else usual)


def _nothing(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Behind the edge; only a request for a file that was just removed gets here."""
    start_response("404 Not Found", [("Content-Length", "0")])
    return []


async def _answer(application: WSGIApplication, scope: HTTPScope, path: str, send: ASGISendCallable) -> None:
    """Answer one request by a WSGI application that needs no body of it and starts its answer at once.

    asgiref's own bridge (asgiref.wsgi.WsgiToAsgi) sends from a thread. One that waits for a client who has gone would
    wait for ever, and keep its worker from ending; this one sends from the event loop, where such a wait can be
    cancelled.

    Args:
        application: it runs in a thread of its own for each request, as Django's views do.
        scope: the request.
        path: that is asked for, as the application knows it.
        send: the server's.
    """
    async with ThreadSensitiveContext():
        start, body = await sync_to_async(_ask)(application, _environ(scope, path))
        try:
            await send(start)
            pieces = iter(body)
            while some := await sync_to_async(_next_of)(pieces):
                await send({"type": "http.response.body", "body": some, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            if close := getattr(body, "close", None):
                close()


def _ask(application: WSGIApplication, environ: WSGIEnvironment) -> tuple[HTTPResponseStartEvent, Iterable[bytes]]:
    started: list[tuple[str, list[tuple[str, str]]]] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Any:
        started.append((status, headers))

    body = application(environ, start_response)
    status, headers = started[-1]
    return {
        "type": "http.response.start",
        "status": int(status.partition(" ")[0]),
        "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers],
        "trailers": False,
    }, body


def _next_of(pieces: Iterable[bytes]) -> bytes:
    return b"".join(islice(pieces, _PIECES_AT_ONCE))


def _path_below_root(scope: HTTPScope) -> str:
    """The path of a request without the root path of the site, which ASGI leaves in it."""
    return scope["path"].removeprefix(scope.get("root_path", ""))


def _environ(scope: HTTPScope, path: str) -> WSGIEnvironment:
    """Of PEP 3333, what an application reads that serves files."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": path.encode().decode("latin-1"),
        "REMOTE_ADDR": str((scope.get("client") or ("",))[0]),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
    }
    for name, value in scope["headers"]:
        environ["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = value.decode("latin-1")
    return environ
