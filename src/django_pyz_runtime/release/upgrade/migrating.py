"""Migrates the databases from one release to another and back; a release runs only migrations that it knows."""

from __future__ import annotations

import contextlib
from collections.abc import Collection
from typing import Any, NamedTuple

from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.upgrade.host import Host, Release


def migrate(host: Host, release: Release) -> None:
    """Apply the missing migrations; `migrate` locks out other processes (release.migration_lock).

    Raises:
        machine.Failed: it failed.
    """
    for state in host.databases(release):
        if state["missing"]:
            host.succeed(release, "migrate", "--noinput", "--database", state["alias"])


def undo(host: Host, older: Release, newer: Release) -> list[str]:
    """Undo the migrations that the older release does not know; the newer release, which knows them, does it.

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
                raise machine.Failed(f"{', '.join(names)}: no earlier migration to go back to")
            database = ("--database", state["alias"])
            host.succeed(newer, "migrate", "--noinput", *database, one["app"], one["back_to"])
            undone += names
    return undone


class TakenBack(NamedTuple):
    """The migrations of a failed upgrade or rollback; empty if none was touched.

    Attributes:
        redone: undone by a rollback and applied again.
        undone: applied by an upgrade and undone again.
        applied: still applied.
        in_part: perhaps partly applied, as the database or the migration does not roll back.
    """

    redone: tuple[str, ...] = ()
    undone: tuple[str, ...] = ()
    applied: tuple[str, ...] = ()
    in_part: tuple[str, ...] = ()


def take_back(host: Host, older: Release | None, newer: Release, names: Collection[str]) -> TakenBack:
    """Undo what an upgrade has applied, as far as possible.

    If a migration may be partly applied, nothing is undone: only a backup leads back from there.

    Args:
        host: the host.
        older: the release that keeps serving; None if it is not known.
        newer: the release that has migrated.
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
        host: the host.
        newer: the release that keeps serving.
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
