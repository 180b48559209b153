"""Responses while an upgrade has closed the gate (release.gate): retry later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from django_pyz_runtime.release.gate import BEING_UPGRADED, RETRY_SECONDS, Gate

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from asgiref.typing import ASGISendCallable, HTTPScope

TEXT = f"The site is {BEING_UPGRADED}. Please try again in a few seconds.\n"


class WsgiGate:
    """WSGI middleware that lets requests through the gate, each from its first line to the end of its answer.

    Args:
        application: gets them.
        gate: the gate.
    """

    def __init__(self, application: WSGIApplication, gate: Gate) -> None:
        self._application = application
        self._gate = gate

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, or ask the client to retry."""
        if not self._gate.enter():
            headers, body = _answer(environ.get("HTTP_ACCEPT", ""))
            start_response("503 Service Unavailable", headers)
            return [body]
        try:
            answer = self._application(environ, start_response)
        except BaseException:
            self._gate.leave()
            raise
        wrapper = environ.get("wsgi.file_wrapper")
        if isinstance(wrapper, type) and isinstance(answer, wrapper):
            # The server must know it, to send the file in its own way.
            vars(answer)["close"] = _Ending(answer, self._gate.leave).close
            return answer
        return _Ending(answer, self._gate.leave)


class _Ending:
    """A response with a callback at its end.

    Args:
        answer: of the application.
        end: called once.
    """

    def __init__(self, answer: Iterable[bytes], end: Callable[[], None]) -> None:
        self._answer = answer
        self._close = getattr(answer, "close", None)
        self._end: Callable[[], None] | None = end

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._answer)

    def close(self) -> None:
        """End it; the server does so in any case (PEP 3333)."""
        try:
            if self._close:
                self._close()
        finally:
            if end := self._end:
                self._end = None
                end()


async def refuse(scope: HTTPScope, send: ASGISendCallable) -> None:
    """Ask the client of an ASGI request to retry."""
    accepted = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
    headers, body = _answer(accepted)
    encoded = [(name.lower().encode(), value.encode()) for name, value in headers]
    await send({"type": "http.response.start", "status": 503, "headers": encoded, "trailers": False})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body, "more_body": False})


def refused_handshake() -> bytes:
    """The answer to a websocket request, which ASGI could refuse with 403 only."""
    headers, body = _answer("")
    lines = [f"{name}: {value}" for name, value in (*headers, ("Connection", "close"))]
    return "\r\n".join(["HTTP/1.1 503 Service Unavailable", *lines, "", ""]).encode() + body


def _answer(accepted: str) -> tuple[list[tuple[str, str]], bytes]:
    """Headers and body: JSON if the client accepts it, else plain text."""
    is_json = "application/json" in accepted and "text/html" not in accepted
    facts = {"status": "unavailable", "reason": BEING_UPGRADED, "retry_after": RETRY_SECONDS}
    body = json.dumps(facts) + "\n" if is_json else TEXT
    headers = [
        ("Content-Type", "application/json" if is_json else "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Cache-Control", "no-store"),
        ("Retry-After", str(RETRY_SECONDS)),
    ]
    return headers, body.encode()
