"""A WSGI application under an ASGI server.

asgiref's own bridge (asgiref.wsgi.WsgiToAsgi) sends from a thread. One that waits for a client who has gone would wait
for ever, and keep its worker from ending; this one sends from the event loop, where such a wait can be cancelled.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import TYPE_CHECKING, Any

from asgiref.sync import ThreadSensitiveContext, sync_to_async

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment
    from asgiref.typing import ASGISendCallable, HTTPResponseStartEvent, HTTPScope

_PIECES_AT_ONCE = 8
"""Of 8 KiB, as WhiteNoise's files come: each visit to the thread has a price."""


async def answer(application: WSGIApplication, scope: HTTPScope, send: ASGISendCallable) -> None:
    """Answer one request by a WSGI application that needs no body of it and starts its answer at once.

    Args:
        application: it runs in a thread of its own for each request, as Django's views do.
        scope: the request.
        send: the server's.
    """
    async with ThreadSensitiveContext():
        start, body = await sync_to_async(_ask)(application, _environ(scope))
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


def path_below_root(scope: HTTPScope) -> str:
    """The path of a request without the root path of the site, which ASGI leaves in it."""
    return scope["path"].removeprefix(scope.get("root_path", ""))


def _environ(scope: HTTPScope) -> WSGIEnvironment:
    """Of PEP 3333, what an application reads that serves files."""
    environ: WSGIEnvironment = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": scope.get("root_path", ""),
        "PATH_INFO": path_below_root(scope).encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
    }
    for name, value in scope["headers"]:
        environ["HTTP_" + name.decode("latin-1").upper().replace("-", "_")] = value.decode("latin-1")
    return environ
