"""Chunked bodies, whose length is not declared.

Django reads as much as CONTENT_LENGTH says, and takes a body without it for empty. So it is told the length, which is
known once the body was read, as RFC 9112 has it (section 7.1.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import InputStream, StartResponse, WSGIApplication, WSGIEnvironment

_IN_MEMORY_BYTES = 128 * 1024
_PIECE_BYTES = 64 * 1024


class WithLength:
    """WSGI middleware that gives such a body its length.

    Args:
        application: gets the requests.
        limit_bytes: of a body, at most; None for no limit.
    """

    def __init__(self, application: WSGIApplication, limit_bytes: int | None) -> None:
        self._application = application
        self._limit_bytes = limit_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Pass the request on, and its answer back."""
        if environ.get("HTTP_TRANSFER_ENCODING", "").lower() != "chunked" or not environ.get("wsgi.input_terminated"):
            return self._application(environ, start_response)
        length = getattr(environ.get("gunicorn.socket"), "unchunked_bytes", None)
        if length is None:
            return self._read_and_answer(environ, start_response)
        _tell(environ, length)
        return self._application(environ, start_response)

    def _read_and_answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterator[bytes]:
        """The same, if the worker has not read the body."""
        source: InputStream = environ["wsgi.input"]
        with SpooledTemporaryFile(_IN_MEMORY_BYTES) as body:
            while piece := source.read(_PIECE_BYTES):
                body.write(piece)
                if self._limit_bytes is not None and body.tell() > self._limit_bytes:
                    start_response("413 Request Entity Too Large", [("Content-Length", "0"), ("Connection", "close")])
                    return
            _tell(environ, body.tell())
            body.seek(0)
            environ["wsgi.input"] = body
            answer = self._application(environ, start_response)
            try:
                yield from answer
            finally:
                if close := getattr(answer, "close", None):
                    close()


def _tell(environ: WSGIEnvironment, length: int) -> None:
    del environ["HTTP_TRANSFER_ENCODING"]
    environ["CONTENT_LENGTH"] = str(length)
