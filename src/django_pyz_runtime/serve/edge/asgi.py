"""The project's ASGI application, with the same static files and health endpoints at the edge as for WSGI."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.serve.edge.application import check_static_root, with_health
from django_pyz_runtime.serve.edge.head_requests import WithoutBody, headers_only
from django_pyz_runtime.serve.edge.project import import_project, refusals
from django_pyz_runtime.serve.edge.wsgi_in_asgi import WsgiInAsgi, path_below_root
from django_pyz_runtime.serve.limits import Limits, limits_of
from django_pyz_runtime.static.serving import static_paths, with_static_files

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from asgiref.typing import (
        ASGI3Application,
        ASGIReceiveCallable,
        ASGISendCallable,
        HTTPScope,
        Scope,
        WebSocketCloseEvent,
        WebSocketScope,
    )


_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


def load_asgi_application(bundle: Bundle, configuration: Configuration) -> Edge:
    """Import the project's ASGI application and put the edge before it.

    Raises:
        UserError: the settings refuse, or name an application that is not there.
    """
    check_static_root(bundle, configuration)
    with refusals("asgi"):
        application: ASGI3Application = import_project(bundle.manifest, "asgi")
        static = with_static_files(_nothing, configuration.get("static", "serve"))
    health = with_health(static, configuration)
    edge = WithoutBody(health)
    paths = frozenset({*health.paths, *static_paths(static)})
    return Edge(application, edge, paths, limits_of(configuration))


class Edge:
    """ASGI application that answers a few paths by a WSGI application; all else is the project's.

    Args:
        application: the project's. It gets every other request, websockets and the lifespan.
        edge: answers GET and HEAD for the paths; it gets no body.
        paths: below the root path.
        limits: what clients must keep to; the worker sees to it.
    """

    def __init__(
        self, application: ASGI3Application, edge: WSGIApplication, paths: Collection[str], limits: Limits
    ) -> None:
        self.limits = limits
        self._application = application
        self._edge = WsgiInAsgi(edge)
        self._paths = paths
        self._websockets: set[ASGISendCallable] = set()

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer, or pass on."""
        if scope["type"] in ("http", "websocket"):
            _mend_path(scope)
            _mend_server(scope)
        if scope["type"] == "http" and path_below_root(scope) in self._paths:
            await self._edge.answer(scope, send)
        elif scope["type"] == "http" and scope["method"] == "HEAD":
            await self._application(scope, receive, headers_only(send))
        elif scope["type"] == "websocket":
            self._websockets.add(send)
            try:
                await self._application(scope, receive, send)
            finally:
                self._websockets.discard(send)
        else:
            await self._application(scope, receive, send)

    async def close_websockets(self) -> None:
        """Tell the clients of all websockets to connect again (1012, service restart: IANA WebSocket close codes)."""
        event: WebSocketCloseEvent = {"type": "websocket.close", "code": 1012, "reason": ""}
        await asyncio.gather(*(send(event) for send in self._websockets), return_exceptions=True)


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
    """Behind the edge, where no request comes."""
    raise LookupError(environ["PATH_INFO"])
