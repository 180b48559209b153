"""What `ready` looks at, and what a start says of the databases."""

from __future__ import annotations

import logging
import os
import pkgutil
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from django_pyz_runtime.data.database_files import unwritable
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.edge.project import spec_of

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

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


def check_database(command: str) -> None:
    """Look whether the default database is there, before the first request finds out.

    Args:
        command: how commands begin, for the hint.

    Raises:
        UserError: it is missing, or does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, connections

    connection = connections[DEFAULT_DB_ALIAS]
    name = str(connection.settings_dict["NAME"])
    hint = f"Run `{command} migrate` first, or `{command} runserve --migrate`."
    is_file = connection.vendor == "sqlite" and os.path.isabs(name)
    if told := unwritable({DEFAULT_DB_ALIAS: connection.settings_dict}):
        raise told
    if is_file and not os.path.exists(name):
        raise UserError(f"the database {name} does not exist", hint=hint)
    connect(command)
    # One without any right to write is meant to be read only.
    if is_file and os.stat(name).st_mode & 0o222:
        _try_to_write(connection, name)
    if missing := missing_migrations():
        log.warning("%d migrations are not applied, the first is %s. %s", len(missing), missing[0], hint)


def _try_to_write(connection: BaseDatabaseWrapper, name: str) -> None:
    """Write to an SQLite database, and take it back: only that shows that this user and its file system allow it.

    Raises:
        UserError: they do not.
    """
    import shlex
    import sqlite3

    from django.db import OperationalError

    try:
        with connection.cursor() as cursor:
            version = cursor.execute("PRAGMA user_version").fetchone()[0]
            cursor.execute("BEGIN IMMEDIATE")
            try:
                cursor.execute(f"PRAGMA user_version = {version}")
            finally:
                cursor.execute("ROLLBACK")
    except OperationalError as error:
        code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            folder = shlex.quote(os.path.dirname(name))
            raise UserError(
                f"the database {name} can be read, but not written: {error}",
                hint=f"Look at its files, their folder and its file system: ls -la {folder}; findmnt -T {folder}",
            ) from error
    finally:
        connection.close()


def connect(command: str) -> None:
    """Connect to the default database once.

    Args:
        command: how commands begin, for the hint.

    Raises:
        UserError: it does not answer.
    """
    from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

    connection = connections[DEFAULT_DB_ALIAS]
    if connection.vendor == "unknown":
        return
    what = f"the database {str(connection.settings_dict['NAME'])!r} ({connection.vendor})"
    hint = f"Check that it runs, and DATABASES: `{command} pyz config explain DATABASES`."
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


def missing_migrations() -> list[str]:
    """The migrations that are not applied on the default database, in their order, as app.name.

    They are found without importing them where none is missing.
    """
    from django.db import DEFAULT_DB_ALIAS, connections

    try:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor == "unknown" or _all_are_recorded(connection):
            return []
        return _plan(connection)
    finally:
        connections.close_all()


def _all_are_recorded(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database has a record of each file: then a worker need not have Django's plan in its memory.

    Where one has none, only the plan can say: it may be a squashed one, whose parts are applied.
    """
    from django.db import DatabaseError

    name = connection.ops.quote_name
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {name('app')}, {name('name')} FROM {name('django_migrations')}")
            return set(cursor.fetchall()) >= set(_on_disk())
    except DatabaseError:
        return False


def _on_disk() -> Iterator[tuple[str, str]]:
    """App label and name of each migration, as Django's MigrationLoader finds them (migrations_module, load_disk)."""
    from django.apps import apps
    from django.conf import settings

    for config in apps.get_app_configs():
        module: str | None = f"{config.name}.migrations"
        # It need be no dictionary.
        if config.label in settings.MIGRATION_MODULES:
            module = settings.MIGRATION_MODULES[config.label]
        # There is none for an app that is a single file.
        spec = spec_of(module) if module else None
        # No file: a folder without __init__.py, which Django does not look into.
        if spec and spec.has_location:
            for _, name, is_package in pkgutil.iter_modules(spec.submodule_search_locations):
                if not is_package and name[0] not in "_~":
                    yield config.label, name


def _plan(connection: BaseDatabaseWrapper) -> list[str]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
