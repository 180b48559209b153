"""Health endpoints at the edge: before the project's middleware, so that no ALLOWED_HOSTS or redirect is in the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from django_pyz_runtime.serve.edge.checks import Check
from django_pyz_runtime.serve.edge.readiness import Readiness

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class Health:
    """WSGI middleware that answers two paths and reveals nothing but up or down; why goes to the log.

    Args:
        application: whom all other paths belong to.
        live: path that answers while this process can answer; None for none.
        ready: path that answers 200 when all checks pass; None for none.
        checks: raise where something is not ready.
    """

    def __init__(
        self, application: WSGIApplication, live: str | None, ready: str | None, checks: Mapping[str, Check]
    ) -> None:
        self._application = application
        self._answers: dict[str, Callable[[], bool]] = {}
        if live:
            self._answers[live] = lambda: True
        if ready:
            self._answers[ready] = Readiness(checks)

    @property
    def paths(self) -> Collection[str]:
        """The paths it answers."""
        return self._answers.keys()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or pass on."""
        is_well = self._answers.get(environ.get("PATH_INFO", ""))
        if is_well is None:
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", b"", ("Allow", "GET, HEAD"))
        if not is_well():
            return _answer(start_response, "503 Service Unavailable", b"unavailable\n")
        return _answer(start_response, "200 OK", b"ok\n")


def _answer(start_response: StartResponse, status: str, body: bytes, *headers: tuple[str, str]) -> Iterable[bytes]:
    start_response(
        status,
        [
            ("Content-Type", "text/plain; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("Cache-Control", "no-store"),
            *headers,
        ],
    )
    return [body]
