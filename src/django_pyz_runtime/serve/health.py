"""Health endpoints at the edge: before the project's middleware, so that no ALLOWED_HOSTS or redirect is in the way."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django_pyz_runtime.serve.migrations import missing_migrations

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from django.db.backends.base.base import BaseDatabaseWrapper

Check = Callable[[], None]

log = logging.getLogger("django_pyz.health")

_FROM = {"oracle": " FROM DUAL", "sqlite": " FROM sqlite_master LIMIT 1"}
"""Oracle wants a table; SQLite would not look into its file without one."""


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


def checks_named(names: Sequence[str]) -> dict[str, Check]:
    """The checks of `[health] checks`, by name.

    Raises:
        KeyError: there is no such check.
    """
    known: dict[str, Callable[[], Check]] = {"database": lambda: check_databases, "migrations": MigrationCheck}
    return {name: known[name]() for name in names}


def check_databases(some: Iterable[BaseDatabaseWrapper] | None = None) -> None:
    """Ask databases for an answer.

    Args:
        some: the connections to use; default all that are configured.

    Raises:
        django.db.Error: one does not answer.
    """
    from django.db import close_old_connections, connections

    close_old_connections()
    try:
        for connection in connections.all() if some is None else some:
            if connection.vendor != "unknown":
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT 1{_FROM.get(connection.vendor, '')}")
    finally:
        close_old_connections()


class MigrationCheck:
    """No migration is missing. Once true, it stays true for this process: its code does not change."""

    def __init__(self) -> None:
        self._done = False

    def __call__(self) -> None:
        """Raise RuntimeError while migrations are missing."""
        if not self._done and (missing := missing_migrations()):
            raise RuntimeError(f"{len(missing)} migrations are not applied, the first is {missing[0]}")
        self._done = True
