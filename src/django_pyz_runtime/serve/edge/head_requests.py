"""Answers to HEAD at the edge: Django leaves the body in them, and gunicorn logs a warning for each one it drops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from asgiref.typing import ASGISendCallable, ASGISendEvent


class WithoutBody:
    """WSGI middleware that drops the body of an answer to HEAD and keeps its headers (RFC 9110, section 9.3.2).

    Args:
        application: whom the requests belong to.
    """

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, and its answer back."""
        answer = self._application(environ, start_response)
        if environ["REQUEST_METHOD"] != "HEAD":
            return answer
        # An application may call start_response as late as with its first piece (PEP 3333).
        next(iter(answer), None)
        if close := getattr(answer, "close", None):
            close()
        return []


def headers_only(send: ASGISendCallable) -> ASGISendCallable:
    """The same for ASGI: a `send` for one answer to HEAD, which ends it where its body would begin.

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
