"""Checks that a database exists, answers, and can be written, by a write that changes nothing.

Imported after activation only.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from django_pyz_runtime.errors import UserError

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


_FROM = {"oracle": " FROM DUAL", "sqlite": " FROM sqlite_master LIMIT 1"}
"""Oracle needs a table; without one, SQLite would not open its file."""


def is_absent(connection: BaseDatabaseWrapper) -> bool:
    """Whether the database is a missing file; a query would create it.

    Args:
        connection: to the database.
    """
    name = str(connection.settings_dict.get("NAME"))
    return connection.vendor == "sqlite" and os.path.isabs(name) and not os.path.exists(name)


def ask(connection: BaseDatabaseWrapper) -> None:
    """Ask whether a database answers.

    Args:
        connection: to the database.

    Raises:
        django.db.Error: it does not answer.
    """
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1{_FROM.get(connection.vendor, '')}")


def try_to_write(connection: BaseDatabaseWrapper) -> None:
    """Write to a database and roll back: only that shows that this user and the file system allow it.

    Args:
        connection: to the database; closed afterwards.

    Raises:
        UserError: it cannot be written.
    """
    from django.db import DatabaseError, OperationalError

    name = str(connection.settings_dict["NAME"])
    try:
        if connection.vendor == "sqlite":
            _write_to_file(connection)
        else:
            _write_to_table(connection)
    except DatabaseError as error:
        if isinstance(error, OperationalError) and _is_locked(error):
            return
        raise UserError(
            f"the database {name} can be read, but not written: {str(error).strip()}", hint=_hint(connection, name)
        ) from error
    finally:
        connection.close()


def _write_to_file(connection: BaseDatabaseWrapper) -> None:
    with connection.cursor() as cursor:
        version = cursor.execute("PRAGMA user_version").fetchone()[0]
        cursor.execute("BEGIN IMMEDIATE")
        try:
            cursor.execute(f"PRAGMA user_version = {version}")
        finally:
            cursor.execute("ROLLBACK")


def _write_to_table(connection: BaseDatabaseWrapper) -> None:
    """Change none of the rows of the table that every site has."""
    table, column = map(connection.ops.quote_name, ("django_migrations", "name"))
    if "django_migrations" in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"UPDATE {table} SET {column} = {column} WHERE 1 = 0")


def _is_locked(error: Exception) -> bool:
    """Whether another connection is writing to the file, which shows that it can be written."""
    import sqlite3

    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _hint(connection: BaseDatabaseWrapper, name: str) -> str:
    import shlex

    if connection.vendor != "sqlite":
        return "Look at the rights of its user, and whether the server is a replica."
    folder = shlex.quote(os.path.dirname(name))
    return f"Look at its files, their folder and its file system: ls -la {folder}; findmnt -T {folder}"
