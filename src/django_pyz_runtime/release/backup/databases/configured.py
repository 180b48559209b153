"""The databases that a site has."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from django_pyz_runtime.data.ownership import Owner
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.databases.base import Database
from django_pyz_runtime.release.backup.databases.mysql import MySQL
from django_pyz_runtime.release.backup.databases.postgresql import PostgreSQL
from django_pyz_runtime.release.backup.databases.sqlite import SQLite

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_KINDS: dict[str, type[Database]] = {kind.vendor: kind for kind in (SQLite, PostgreSQL, MySQL)}
LEAVE_OUT = "--without-database"


def databases(site_owner: Owner, without: Collection[str] = ()) -> list[Database]:
    """The databases of DATABASES that hold data of their own, each once; Django need not be set up.

    Skipped are databases in memory, Django's dummy backend, and those that TEST MIRROR calls the copy of another.

    Args:
        site_owner: the owner of the site's data.
        without: aliases to leave out.

    Raises:
        UserError: there is no such alias, an engine is unknown, or its driver is missing.
    """
    from django.db import connections

    if unknown := sorted(set(without) - set(connections)):
        raise UserError(
            f"{LEAVE_OUT} {unknown[0]}: there is no such database", hint=f"There are {', '.join(connections)}."
        )
    found: dict[tuple[object, ...], Database] = {}
    for alias in connections:
        if alias not in without and (database := _database(_connection(alias), site_owner)):
            found.setdefault(tuple(database.identity), database)
    return list(found.values())


def _connection(alias: str) -> BaseDatabaseWrapper:
    from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
    from django.db import connections

    try:
        return connections[alias]
    except AppRegistryNotReady:
        import django

        django.setup()
        return connections[alias]
    except ImproperlyConfigured as error:
        raise UserError(f"DATABASES.{alias}: {str(error).splitlines()[0]}") from error


def _database(connection: BaseDatabaseWrapper, site_owner: Owner) -> Database | None:
    settings = connection.settings_dict
    if (settings.get("TEST") or {}).get("MIRROR") or connection.vendor == "unknown":
        return None
    if kind := _KINDS.get(connection.vendor):
        is_in_memory = kind is SQLite and _is_in_memory(str(settings["NAME"]))
        return None if is_in_memory else kind(connection, site_owner)
    raise UserError(
        f"DATABASES.{connection.alias}: {settings['ENGINE']} cannot be backed up: wanted SQLite, PostgreSQL, "
        "MariaDB or MySQL",
        hint=f"Leave it out, and back it up with its own tools: {LEAVE_OUT} {connection.alias}",
    )


def _is_in_memory(name: str) -> bool:
    return name in ("", ":memory:") or (name.startswith("file:") and ("mode=memory" in name or ":memory:" in name))
