"""`pyz upgrade`: this file's release in force, or everything as it was before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot import installing
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.release.install.machine import must_be_root
from django_pyz_runtime.release.install.program import Program
from django_pyz_runtime.release.install.system import take_away
from django_pyz_runtime.release.site import undone_when_stopped
from django_pyz_runtime.release.upgrade.change import Change, Step
from django_pyz_runtime.release.upgrade.host import Host
from django_pyz_runtime.release.upgrade.journal import Note


def upgrade(host: Host, root: Path, *, ready: str, backs_up: bool) -> None:
    """Put this release in force.

    Args:
        host: to upgrade.
        root: of the machine.
        ready: the path of the page that says whether the site is ready.
        backs_up: whether to back up before migrations are applied.

    Raises:
        UserError: it failed; what is in force is said.
    """
    made = os.environ.pop(installing.MADE, "")
    if root == Path("/"):
        must_be_root("pyz upgrade")
    try:
        with host.alone(), undone_when_stopped():
            _upgrade(host, root, ready=ready, backs_up=backs_up)
    except BaseException:
        if made and not host.release(host.bundle.build_id).program.exists():
            take_away(Path(made))
        raise


def _upgrade(host: Host, root: Path, *, ready: str, backs_up: bool) -> None:
    bundle = host.bundle
    program = Program(bundle, root)
    seal.check(str(bundle.executable))
    in_force, left = host.in_force(), host.journal.read()
    before = "" if in_force == bundle.build_id else in_force
    backup = ""
    if left and left.to == bundle.build_id:
        before, backup = before or left.before, "" if left.failed else left.backup
    if not program.is_unpacked:
        program.unpack()
    if root == Path("/"):
        program.check_trust()
    note = Note("upgrade", bundle.build_id, before, file=str(bundle.executable), backup=backup)
    change = Change(host, note, bundle.manifest.version, str(bundle.executable), ready if host.has_units else "")
    change.take(_steps(change, backs_up=backs_up))


def _steps(change: Change, *, backs_up: bool) -> Iterator[Step]:
    yield Step("keep", change.keep)
    yield Step("check", change.check)
    yield Step("migrations", change.look)
    if change.note.migrations:
        if backs_up and not change.note.backup:
            yield Step("backup", change.back_up)
        yield Step("migrate", change.migrate)
    yield Step("switch", change.switch)
    yield Step("reload", change.reload)
    yield Step("ready", change.wait)
    if change.host.has_units:
        yield Step("services", change.restart_services)
    yield Step("prune", change.prune)
