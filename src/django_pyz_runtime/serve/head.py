"""Answers to HEAD at the edge: Django leaves the body in them, and gunicorn logs a warning for each one it drops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


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
