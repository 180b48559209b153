"""Records each step of an upgrade or rollback before it is taken, so that it is known after a kill or a power cut."""

from __future__ import annotations

import contextlib
import json
import os
import re
import stat
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.release.install.text_files import sync_folder, write

NAME = "upgrade.json"
_BUILD = re.compile(r"[0-9a-f]{64}")
_LONGEST_BYTES = 1 << 16


class Note(NamedTuple):
    """An upgrade or rollback under way.

    Attributes:
        what: "upgrade" or "rollback".
        to: the build id of the new release.
        before: the build id of the previous release; "" if it is not known.
        step: the next step.
        file: the path that the upgrade was started from.
        backup: the path of its backup; "" for none.
        migrations: the migrations to apply.
        failed: the step at which it went back although migrations were applied; "" while it is under way.
        options: of the command line; the command that continues needs them, too.
        started: the units that are new with this release, to start.
        gates: the paths of the gates that stay closed until it ends.
        stopped: the units to start again.
    """

    what: str
    to: str
    before: str
    step: str = ""
    file: str = ""
    backup: str = ""
    migrations: tuple[str, ...] = ()
    failed: str = ""
    options: tuple[str, ...] = ()
    started: tuple[str, ...] = ()
    gates: tuple[str, ...] = ()
    stopped: tuple[str, ...] = ()

    def going_on(self, left: Note | None) -> Note:
        """This note with the facts that an interrupted run of the same change has recorded.

        Args:
            left: the note of that run.
        """
        if left is None:
            return self
        # This run also ends the pause of that one.
        paused = self._replace(gates=left.gates, stopped=left.stopped)
        if (left.what, left.to) != (self.what, self.to):
            return paused
        known = {name: getattr(left, name) for name in ("backup", "migrations", "failed", "started")}
        return paused._replace(before=self.before or left.before, **known)


_LISTS = ("migrations", "options", "started", "gates", "stopped")


class Journal:
    """The file.

    Args:
        path: of the file. Its folder may belong to another user, who could put something else there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, note: Note) -> None:
        """Write a note and sync it to the disk.

        Raises:
            OSError: it cannot be written.
        """
        write(self.path, json.dumps(note._asdict(), indent=2) + "\n", 0o644)

    def read(self) -> Note | None:
        """The note; None if there is none, or if it was written by a user other than root and this one."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return None
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()):
                return None
            with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
                return _note(json.loads(file.read(_LONGEST_BYTES)))
        return None

    def remove(self) -> None:
        """Remove the note: the change is complete or was undone."""
        self.path.unlink(missing_ok=True)
        for left in self.path.parent.glob(f".{self.path.name}.*"):
            # Left by a process that was killed while it wrote.
            left.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            sync_folder(self.path.parent)


def _note(found: dict[str, Any]) -> Note | None:
    """A note, also one of a release that writes fewer or more fields."""
    values: dict[str, Any] = {name: str(found.get(name, "")) for name in Note._fields}
    values |= {name: tuple(map(str, found.get(name, ()))) for name in _LISTS}
    note = Note(**values)
    is_ours = note.what in ("upgrade", "rollback") and _BUILD.fullmatch(note.to)
    return note if is_ours and (not note.before or _BUILD.fullmatch(note.before)) else None
