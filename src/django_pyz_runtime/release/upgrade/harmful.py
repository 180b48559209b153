"""Finds operations in the migrations to apply that would break a release which still serves.

A migration declares its operations harmless by an attribute of its class, `pyz_online_safe = True`.
Imported after activation only, inside the release that has the migrations.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from django_pyz_runtime.release.upgrade.operations import Case, harm

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.migrations import Migration
    from django.db.migrations.operations.base import Operation
    from django.db.migrations.state import ProjectState

_ATTRIBUTE = "pyz_online_safe"
_KNOWN = {("auth", "0011_update_proxy_permissions")}
"""Django's own migrations whose code changes only rows that no request changes."""


def harmful(connection: BaseDatabaseWrapper) -> list[str]:
    """Harmful operations of the migrations to apply, a line each.

    Args:
        connection: of the database.

    Raises:
        django.db.Error: the database does not answer.
    """
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState

    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    pending = {migration for migration, _ in executor.migration_plan(leaves)}
    state = ProjectState(real_apps=executor.loader.unmigrated_apps)
    review, found = _Review(connection), list[str]()
    for migration, _ in executor.migration_plan(leaves, clean_start=True):
        if migration in pending:
            lines, state = review.look_at(migration, state)
            found += lines
        else:
            state = migration.mutate_state(state, preserve=False)
    return found


class _Review:
    """Reviews migrations in their order and remembers the tables that they create."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self._connection = connection
        self._made: set[tuple[str, str]] = set()

    def look_at(self, migration: Migration, state: ProjectState) -> tuple[list[str], ProjectState]:
        """The harmful operations of a migration, and the state after it."""
        label = migration.app_label
        is_safe = getattr(migration, _ATTRIBUTE, False) is True or (label, migration.name) in _KNOWN
        found = []
        for operation in migration.operations:
            after = _after(operation, label, state)
            found += [
                f"{label}.{migration.name}: {one.describe()}: {reason}"
                for one, reason in self._harms(operation, label, state, after)
                if not is_safe
            ]
            state = after
        return found, state

    def _harms(
        self, operation: Operation, label: str, before: ProjectState, after: ProjectState
    ) -> Iterator[tuple[Operation, str]]:
        if (inner := getattr(operation, "database_operations", None)) is not None:
            for one in inner:
                then = _after(one, label, before)
                yield from self._harms(one, label, before, then)
                before = then
            return
        case = Case(operation, label, before, after, self._connection)
        own = label, case.model
        if own not in before.models and own in after.models:
            self._made.add(own)
        if own in self._made:
            self._made.add((label, str(getattr(operation, "new_name", case.model)).lower()))
        elif (reason := harm(case)) and case.is_of_database():
            yield operation, reason


def _after(operation: Operation, label: str, state: ProjectState) -> ProjectState:
    after = state.clone()
    operation.state_forwards(label, after)
    return after
