"""Which migrations are missing in the database, found without importing them where none is."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


def missing_migrations() -> list[str]:
    """The migrations that are not applied on the default database, in their order, as app.name."""
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
        spec = _spec(module) if module else None
        # No file: a folder without __init__.py, which Django does not look into.
        if spec and spec.has_location:
            for _, name, is_package in pkgutil.iter_modules(spec.submodule_search_locations):
                if not is_package and name[0] not in "_~":
                    yield config.label, name


def _spec(module: str) -> ModuleSpec | None:
    try:
        return find_spec(module)
    except ModuleNotFoundError:  # of an app that is a single file
        return None


def _plan(connection: BaseDatabaseWrapper) -> list[str]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
