"""The steps of a change that are about the databases, and their way back."""

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
        host: whose.
        note: what is under way.
        version: of the release that is to be in force.
        policy: what it may do.

    Attributes:
        to: the release that is to be in force.
        before: the one that was; None where it is not known.
        missing: the migrations that are to be applied.
        pause: of the site.
        pauses: whether there is to be one.
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
        """Look at the migrations that are to be applied; none may be there that the release does not know."""
        found = self.host.databases(self.to)
        if any(state["ahead"] for state in found):
            self.host.succeed(self.to, "runserve", "--check")
        self.missing = tuple(name for state in found for name in state["missing"])
        check_allowed(self.host, self._policy, self.to, self.missing)
        self.pauses = judge(self.host, self._policy, found, self._command) or self.pauses
        self._note_migrations(self.missing)
        return f"{len(self.missing)} to be applied: {', '.join(self.missing)}" if self.missing else "none to be applied"

    def _note_migrations(self, names: Iterable[str]) -> None:
        """Write down what is about to be applied or undone, beside what was before this process was killed."""
        self._write_down(migrations=tuple(dict.fromkeys([*self.note.migrations, *names])))

    def back_up(self) -> str:
        """Back up what the migrations change."""
        said = self.host.succeed(self.to, "pyz", "backup").strip()
        self._write_down(backup=said.splitlines()[-1].rpartition(": written")[0])
        return self.note.backup

    @property
    def _command(self) -> str:
        """The command that is running."""
        return next_command(self.host, self.note, program=self.note.file)

    @property
    def has_backup(self) -> bool:
        """Whether there is one that may be used: made before an earlier try went back, or to a site that did not pause
        then, it may be old."""
        return self._has_old_backup and self.pauses in (False, self.pause.is_held)

    def no_backup(self) -> str:
        """Say that there is none."""
        return f"none is made: [upgrade] backup = off, or {NO_BACKUP}"

    def look_ahead(self) -> str:
        """Look at the migrations that are to be undone, which the release in force could not live without."""
        found = self.host.databases(self.to)
        names = [f"{one['app']}.{name}" for state in found for one in state["ahead"] for name in one["names"]]
        harmful = [{"harmful": [f"{name} undone" for name in names]}]
        self.pauses = judge(self.host, self._policy, harmful, self._command) or self.pauses
        return f"{len(names)} to be undone: {', '.join(names)}" if names else "none to be undone"

    def migrate_back(self) -> str:
        """Undo the migrations that an older release does not know, by the one in force, which does.

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
        """Have the data as they were when the pause began, where there is a backup; what to say.

        Nobody has written to them since.
        """
        if not self.note.backup:
            return []
        if reason := restore(self.host, self.to, self.note.backup):
            return [f"{self.note.backup} could not be restored:", *(f"  {line}" for line in reason.splitlines())]
        self._has_migrated = False
        return [f"the data were restored from {self.note.backup}"]

    def _end_pause(self) -> list[str]:
        """End the pause, where there is one; what to say where that fails."""
        try:
            if self.pause.has_begun:
                self.pause.end()
        except (OSError, machine.Failed) as error:
            return [f"The pause of the site cannot be ended: {error}"]
        return []

    def _take_back(self) -> TakenBack:
        """Have the databases as the release before knows them, where that can be."""
        assert self.before
        if self.note.what == "rollback":
            return migrating.redo(self.host, self.before)
        return migrating.take_back(self.host, self.before, self.to, self.note.migrations)

    def _says_of(self, left: TakenBack) -> Iterator[str]:
        where = f"; the data of before is in {self.note.backup}" if self.note.backup else ""
        if left.redone:
            yield f"Applied again in the database: {', '.join(left.redone)}{where}."
        if left.undone:
            yield f"Undone in the database: {', '.join(left.undone)}{where}."
        if left.applied:
            yield f"The database has these migrations of {self.to}, and cannot go back: {', '.join(left.applied)}."
        if left.in_part:
            yield f"This may be applied in part, as the database does not take it back: {', '.join(left.in_part)}."

    def _says_of_pause(self) -> list[str]:
        return ["Requests are answered with 503, as the databases are not as before."] if self.pause.is_held else []

    def _old_data(self, left: TakenBack) -> Iterator[str]:
        if self.pause.is_held:
            yield self.pause.way_out()
        if self.note.backup and (left.applied or left.in_part):
            backup = shlex.quote(self.note.backup)
            way = f"`{self.host.program} pyz restore {backup} --replace`"
            yield f"Or stop the site, and have the data as it was before: {way}."
