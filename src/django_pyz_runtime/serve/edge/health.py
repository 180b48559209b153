"""Health endpoints at the edge: before the project's middleware, so that no ALLOWED_HOSTS or redirect is in the way."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from django_pyz_runtime.serve.edge.checks import Check

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


log = logging.getLogger("django_pyz.health")


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
        self._answers: dict[str, Mapping[str, Check]] = {}
        if live:
            self._answers[live] = {}
        if ready:
            self._answers[ready] = checks

    @property
    def paths(self) -> Collection[str]:
        """The paths it answers."""
        return self._answers.keys()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer, or pass on."""
        checks = self._answers.get(environ.get("PATH_INFO", ""))
        if checks is None:
            return self._application(environ, start_response)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return _answer(start_response, "405 Method Not Allowed", b"", ("Allow", "GET, HEAD"))
        failing = [name for name, check in checks.items() if not _passes(name, check)]
        if failing:
            return _answer(start_response, "503 Service Unavailable", b"unavailable\n")
        return _answer(start_response, "200 OK", b"ok\n")


def _passes(name: str, check: Check) -> bool:
    try:
        check()
    except Exception as error:
        log.error("not ready: %s: %s", name, error)
        return False
    return True


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
