"""`pyz rollback`: make a release active that was active before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.install.machine import must_be_root
from django_pyz_runtime.release.install.ready import Ready
from django_pyz_runtime.release.install.steps import Step, always
from django_pyz_runtime.release.site import undone_when_stopped
from django_pyz_runtime.release.upgrade.change import Change
from django_pyz_runtime.release.upgrade.host import Host, Release
from django_pyz_runtime.release.upgrade.journal import Note
from django_pyz_runtime.release.upgrade.options import Policy


def roll_back(
    host: Host, options: tuple[str, ...], policy: Policy, wanted: str, *, ready: Ready, migrates: bool
) -> None:
    """Make a kept release active.

    Args:
        host: the host.
        options: of the command line, for the command that continues.
        policy: what it may do.
        wanted: its version, or the beginning of its build id; "" for the previous release.
        ready: the page that says whether the site is ready.
        migrates: whether to undo migrations that the release does not know.

    Raises:
        UserError: there is none, or a step failed; the text says which release is active.
    """
    if host.root == Path("/"):
        must_be_root("pyz rollback")
    with host.alone(), undone_when_stopped():
        in_force, left = host.in_force(), host.journal.read()
        if not wanted and left and left.what == "rollback" and not left.failed:
            wanted = left.to
        target = find(host, in_force, wanted)
        before = "" if target.build == in_force else in_force
        note = Note("rollback", target.build, before, file=str(host.bundle.executable), options=options)
        change = Change(host, note.going_on(left), target.version, str(target.program), policy, ready)
        change.take(_steps(change, migrates=migrates, backs_up=policy.backs_up))


def _steps(change: Change, *, migrates: bool, backs_up: bool) -> Iterator[Step]:
    yield always("keep", change.keep)
    if migrates and change.before:
        yield always("migrations", change.look_ahead)
        if change.pauses:
            yield always("pause", change.pause.begin)
        if not change.has_backup:
            yield always("backup", change.back_up if backs_up else change.no_backup)
        yield always("migrate back", change.migrate_back)
    yield always("check", change.look_back)
    yield from change.serve()


def _before(kept: list[Release], in_force: str) -> list[Release]:
    """The kept release that the active one replaced, or else the one that was active before it; none, or one."""
    own = next((one for one in kept if one.build == in_force), None)
    others = [one for one in kept if one.build != in_force and (own is None or one.since <= own.since)]
    return [one for one in others if own and one.build == own.before] or others[:1]


def find(host: Host, in_force: str, wanted: str) -> Release:
    """The kept release that a word names.

    Args:
        host: the host.
        in_force: the build id of the active release.
        wanted: version, or the beginning of the build id; "" for the previous release.

    Raises:
        UserError: there is none, or more than one.
    """
    kept = host.kept()
    if wanted:
        found = [one for one in kept if one.version == wanted]
        found = found or [one for one in kept if one.build.startswith(wanted)]
    else:
        found = _before(kept, in_force)
    if len(found) == 1:
        return found[0]
    known = ", ".join(map(str, kept))
    if found:
        raise UserError(f"{wanted} matches {len(found)} releases: {known}", hint="Give more of the build id.")
    which = f"no release {wanted}" if wanted else "no release before the active one"
    hint = f"There are {known}." if kept else "`FILE pyz upgrade` keeps the releases that it replaces."
    raise UserError(f"{which} is kept on this host", hint=hint)
