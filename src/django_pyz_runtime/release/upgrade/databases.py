"""The steps of a change that concern the databases, and how they are undone."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from typing import Any

from django_pyz_runtime.release.install import machine
from django_pyz_runtime.release.upgrade import migrating
from django_pyz_runtime.release.upgrade.host import Host
from django_pyz_runtime.release.upgrade.journal import Note
from django_pyz_runtime.release.upgrade.left import next_command
from django_pyz_runtime.release.upgrade.migrating import TakenBack
from django_pyz_runtime.release.upgrade.online import Pause, check_allowed, judge, restore
from django_pyz_runtime.release.upgrade.options import NO_BACKUP, Policy


class DatabaseChange:
    """What an upgrade or rollback does with the databases.

    Args:
        host: the host.
        note: the upgrade or rollback under way.
        version: of the new release.
        policy: what it may do.

    Attributes:
        to: the new release.
        before: the previous release; None if it is not known.
        missing: the migrations to apply.
        pause: of the site.
        pauses: whether the site must pause.
    """

    def __init__(self, host: Host, note: Note, version: str, policy: Policy) -> None:
        self.host = host
        self.note = note
        self.to = host.release(note.to)._replace(version=version)
        self.before = host.release(note.before) if note.before else None
        self.missing: tuple[str, ...] = ()
        self._has_migrated = bool(note.migrations)
        self._has_old_backup = bool(note.backup) and not note.failed
        self._policy = policy
        self.pause = Pause(host, policy, note, self._write_down)
        self.pauses = self.pause.is_held
        left = host.journal.read()
        is_other = left and left.gates and (left.what, left.to) != (note.what, note.to)
        self._paused_by_other = left if is_other else None

    def _write_down(self, **more: Any) -> None:
        self.note = self.note._replace(**more)
        self.host.journal.write(self.note)

    def look(self) -> str:
        """Find the migrations to apply; refuse a database with migrations that the release does not know."""
        found = self.host.databases(self.to)
        if any(state["ahead"] for state in found):
            self.host.succeed(self.to, "runserve", "--check")
        self.missing = tuple(name for state in found for name in state["missing"])
        check_allowed(self.host, self._policy, self.to, self.missing)
        self.pauses = judge(self.host, self._policy, found, self._command) or self.pauses
        self._note_migrations(self.missing)
        return f"{len(self.missing)} to be applied: {', '.join(self.missing)}" if self.missing else "none to be applied"

    def _note_migrations(self, names: Iterable[str]) -> None:
        """Record what is about to be applied or undone, besides what a killed process has recorded."""
        self._write_down(migrations=tuple(dict.fromkeys([*self.note.migrations, *names])))

    def back_up(self) -> str:
        """Back up what the migrations change."""
        said = self.host.succeed(self.to, "pyz", "backup").strip()
        self._write_down(backup=said.splitlines()[-1].rpartition(": written")[0])
        return self.note.backup

    @property
    def _command(self) -> str:
        """The running command."""
        return next_command(self.host, self.note, program=self.note.file)

    @property
    def has_backup(self) -> bool:
        """Whether there is a backup to use. One made before an earlier try went back, or while the site did not pause,
        may be outdated."""
        return self._has_old_backup and self.pauses in (False, self.pause.is_held)

    def no_backup(self) -> str:
        """Say that no backup is made."""
        return f"skipped: [upgrade] backup = off, or {NO_BACKUP}"

    def look_ahead(self) -> str:
        """Find the migrations to undo: the active release may need them."""
        found = self.host.databases(self.to)
        names = [f"{one['app']}.{name}" for state in found for one in state["ahead"] for name in one["names"]]
        harmful = [{"harmful": [f"{name} undone" for name in names]}]
        self.pauses = judge(self.host, self._policy, harmful, self._command) or self.pauses
        return f"{len(names)} to be undone: {', '.join(names)}" if names else "none to be undone"

    def migrate_back(self) -> str:
        """Undo the migrations that an older release does not know; the active release, which knows them, does it.

        Raises:
            machine.Failed: one cannot be undone.
        """
        assert self.before
        states = self.host.databases(self.to)
        self._note_migrations(
            f"{one['app']}.{name}" for state in states for one in state["ahead"] for name in one["names"]
        )
        self._hold_pause()
        self._has_migrated = True
        undone = migrating.undo(self.host, self.to, self.before)
        return f"{', '.join(undone)} undone" if undone else "none to be undone"

    def migrate(self) -> str:
        """Apply the migrations."""
        self._hold_pause()
        self._has_migrated = True
        migrating.migrate(self.host, self.to)
        return "applied"

    def _hold_pause(self) -> None:
        if self.pauses:
            self.pause.hold(f"{self.note.what} to {self.to}")

    def _restore_data(self) -> list[str]:
        """Restore the backup made when the pause began, if there is one; lines to print.

        Nobody has written to the data since.
        """
        if not self.note.backup:
            return []
        if reason := restore(self.host, self.to, self.note.backup):
            return [f"{self.note.backup} could not be restored:", *(f"  {line}" for line in reason.splitlines())]
        self._has_migrated = False
        return [f"the data was restored from {self.note.backup}"]

    def _end_pause(self) -> list[str]:
        """End the pause, if there is one; lines to print if that fails."""
        try:
            if self.pause.has_begun:
                self.pause.end()
        except (OSError, machine.Failed) as error:
            return [f"The pause of the site cannot be ended: {error}"]
        return []

    def _take_back(self) -> TakenBack:
        """Undo the migrations for the previous release, where possible."""
        assert self.before
        if self.note.what == "rollback":
            return migrating.redo(self.host, self.before)
        return migrating.take_back(self.host, self.before, self.to, self.note.migrations)

    def _says_of(self, left: TakenBack) -> Iterator[str]:
        where = f"; the backup is in {self.note.backup}" if self.note.backup else ""
        if left.redone:
            yield f"Applied again in the database: {', '.join(left.redone)}{where}."
        if left.undone:
            yield f"Undone in the database: {', '.join(left.undone)}{where}."
        if left.applied:
            yield f"These migrations of {self.to} are applied and cannot be undone: {', '.join(left.applied)}."
        if left.in_part:
            yield f"May be partly applied (this database cannot roll it back): {', '.join(left.in_part)}."

    def _says_of_pause(self) -> list[str]:
        return ["Requests get 503, because the databases were not restored."] if self.pause.is_held else []

    def _old_data(self, left: TakenBack) -> Iterator[str]:
        if self.pause.is_held:
            yield self.pause.way_out()
        if self.note.backup and (left.applied or left.in_part):
            backup = shlex.quote(self.note.backup)
            way = f"`{self.host.program} pyz restore {backup} --replace`"
            yield f"Or stop the site and restore the backup: {way}."
