"""`pyz upgrade`: make this file's release active, or change nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot import installing
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.release.install.machine import must_be_root
from django_pyz_runtime.release.install.program import Program
from django_pyz_runtime.release.install.ready import Ready
from django_pyz_runtime.release.install.steps import Step, always
from django_pyz_runtime.release.install.system import take_away
from django_pyz_runtime.release.site import undone_when_stopped
from django_pyz_runtime.release.upgrade.change import Change
from django_pyz_runtime.release.upgrade.host import Host
from django_pyz_runtime.release.upgrade.journal import Note
from django_pyz_runtime.release.upgrade.options import Policy


def upgrade(host: Host, options: tuple[str, ...], policy: Policy, *, ready: Ready) -> None:
    """Make this release active.

    Args:
        host: to upgrade.
        options: of the command line, for the command that continues.
        policy: what it may do.
        ready: the page that says whether the site is ready.

    Raises:
        UserError: it failed; the text says which release is active.
    """
    made = os.environ.pop(installing.MADE, "")
    if host.root == Path("/"):
        must_be_root("pyz upgrade")
    try:
        with host.alone(), undone_when_stopped():
            change = _change(host, options, policy, ready)
            change.take(_steps(change, backs_up=policy.backs_up))
    except BaseException:
        if made and not host.release(host.bundle.build_id).program.exists():
            take_away(Path(made))
        raise


def _change(host: Host, options: tuple[str, ...], policy: Policy, ready: Ready) -> Change:
    """The change to this release, or the rest of an interrupted one."""
    bundle = host.bundle
    program = Program(bundle, host.root)
    seal.check(str(bundle.executable))
    in_force = host.in_force()
    if not program.is_unpacked:
        program.unpack()
    if host.root == Path("/"):
        program.check_trust()
    before = "" if in_force == bundle.build_id else in_force
    note = Note("upgrade", bundle.build_id, before, file=str(bundle.executable), options=options).going_on(
        host.journal.read()
    )
    return Change(host, note, bundle.manifest.version, str(bundle.executable), policy, ready)


def _steps(change: Change, *, backs_up: bool) -> Iterator[Step]:
    yield always("keep", change.keep)
    yield always("check", change.check)
    yield always("migrations", change.look)
    if change.pauses:
        yield always("pause", change.pause.begin)
    if change.missing:
        if not change.has_backup:
            yield always("backup", change.back_up if backs_up else change.no_backup)
        yield always("migrate", change.migrate)
    yield from change.serve()
    yield always("prune", change.prune)
