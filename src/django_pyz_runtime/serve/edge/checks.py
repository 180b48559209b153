"""What `ready` looks at, and what a start says of the databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

import logging
import os
import threading
from collections.abc import Callable, Iterable, Sequence

from django_pyz_runtime.data.database_files import unwritable
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.edge.migrations import missing_migrations

Check = Callable[[], None]
LIMIT_SECONDS = 5.0
"""How long a probe waits for checks, and a start for the database until it says so."""


log = logging.getLogger("django_pyz.serve")


_FROM = {"oracle": " FROM DUAL", "sqlite": " FROM sqlite_master LIMIT 1"}
"""Oracle wants a table; SQLite would not look into its file without one."""


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
    from django.db import connections

    try:
        for connection in connections.all() if some is None else some:
            if connection.vendor != "unknown":
                with connection.cursor() as cursor:
                    cursor.execute(f"SELECT 1{_FROM.get(connection.vendor, '')}")
    finally:
        # They are of this thread, which may end.
        connections.close_all()


class MigrationCheck:
    """No migration is missing. Once true, it stays true for this process: its code does not change."""

    def __init__(self) -> None:
        self._done = False

    def __call__(self) -> None:
        """Raise RuntimeError while migrations are missing."""
        if not self._done and (missing := missing_migrations()):
            raise RuntimeError(f"{len(missing)} migrations are not applied, the first is {missing[0]}")
        self._done = True


def check_database(script: str) -> None:
    """Look whether the default database is there, before the first request finds out.

    Args:
        script: the program's name, for the hint.

    Raises:
        UserError: it is missing, or does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, connections

    connection = connections[DEFAULT_DB_ALIAS]
    name = str(connection.settings_dict["NAME"])
    hint = f"Run `{script} migrate` first, or `{script} runserve --migrate`."
    if connection.vendor == "sqlite" and os.path.isabs(name) and not os.path.exists(name):
        raise UserError(f"the database {name} does not exist", hint=hint)
    if told := unwritable({DEFAULT_DB_ALIAS: connection.settings_dict}):
        raise told
    connect(script)
    if missing := missing_migrations():
        log.warning("%d migrations are not applied, the first is %s. %s", len(missing), missing[0], hint)


def connect(script: str) -> None:
    """Connect to the default database once.

    Raises:
        UserError: it does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "unknown":
        return
    what = f"the database {str(connection.settings_dict['NAME'])!r} ({connection.vendor})"
    hint = f"Check that it runs, and DATABASES: `{script} pyz config explain DATABASES`."
    words = f"{what} has not answered for {LIMIT_SECONDS:g} seconds, and is waited for. {hint}"
    timer = threading.Timer(LIMIT_SECONDS, log.warning, [words])
    timer.daemon = True
    timer.start()
    try:
        check_databases([connection])
    except DatabaseError as error:
        raise UserError(f"{what} does not answer: {str(error).strip()}", hint=hint) from error
    finally:
        timer.cancel()
