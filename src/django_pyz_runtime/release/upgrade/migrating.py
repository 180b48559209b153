"""The databases, from one release to another and back: each migration is run by a release that knows it."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Any, NamedTuple

from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.upgrade.host import Host, Release


def migrate(host: Host, release: Release) -> None:
    """Apply what is missing; `migrate` lets no other process do so meanwhile (release.migration_lock).

    Raises:
        machine.Failed: that fails.
    """
    for state in host.databases(release):
        if state["missing"]:
            host.succeed(release, "migrate", "--noinput", "--database", state["alias"])


def undo(host: Host, older: Release, newer: Release) -> list[str]:
    """Undo the migrations that the older release does not know, by the newer one, which does.

    Returns:
        Their names.

    Raises:
        machine.Failed: one cannot be undone.
    """
    undone: list[str] = []
    for state in host.databases(older):
        for one in state["ahead"]:
            names = [f"{one['app']}.{name}" for name in one["names"]]
            if not one["back_to"]:
                raise machine.Failed(f"{', '.join(names)}: there is no migration to go back to")
            database = ("--database", state["alias"])
            host.succeed(newer, "migrate", "--noinput", *database, one["app"], one["back_to"])
            undone += names
    return undone


class TakenBack(NamedTuple):
    """What became of the migrations of an upgrade or a rollback that has failed; empty where none was touched.

    Attributes:
        redone: those that a rollback had undone, and that are applied again.
        undone: those that were applied and are so no longer.
        applied: those that are still applied.
        in_part: those that may be applied in part: their database, or they, know no way back.
    """

    redone: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()
    in_part: tuple[str, ...] = ()


def take_back(host: Host, older: Release | None, newer: Release, names: Collection[str]) -> TakenBack:
    """Undo what an upgrade has applied, as far as that can be.

    Where a migration may have been applied in part, nothing is undone: only a backup leads back from there.

    Args:
        host: whose databases.
        older: the release that goes on; None where it is not known.
        newer: the one that has migrated.
        names: of its migrations.
    """
    try:
        found = host.databases(newer)
    except machine.Failed:
        return TakenBack(applied=tuple(names))
    before = _missing(found)
    in_part = tuple(state["in_part"] for state in found if state["in_part"])
    after = before
    if older and not in_part and before != set(names):
        with contextlib.suppress(machine.Failed):
            undo(host, older, newer)
        with contextlib.suppress(machine.Failed):
            after = _missing(host.databases(newer))
    return TakenBack(
        undone=tuple(name for name in names if name in after - before),
        applied=tuple(name for name in names if name not in after),
        in_part=in_part,
    )


def redo(host: Host, newer: Release) -> TakenBack:
    """Apply again what a rollback has undone.

    Args:
        host: whose databases.
        newer: the release that goes on.
    """
    found: list[dict[str, Any]] = []
    try:
        found = host.databases(newer)
        migrate(host, newer)
    except machine.Failed:
        return TakenBack(in_part=tuple(_missing(found)))
    return TakenBack(redone=tuple(name for state in found for name in state["missing"]))


def _missing(found: list[dict[str, Any]]) -> set[str]:
    return {name for state in found for name in state["missing"]}
