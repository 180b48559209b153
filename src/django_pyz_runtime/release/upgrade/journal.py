"""What an upgrade or rollback is about to do, written down before it is done: known after a kill or a power cut."""

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
    """What is under way.

    Attributes:
        what: "upgrade" or "rollback".
        to: the build id of the release that is to be in force.
        before: that of the one that was; "" where that is not known.
        step: that is about to be taken.
        file: the path that the upgrade was started from.
        backup: the path of the backup that was made; "" where none was.
        migrations: those that are to be applied.
        failed: why it has gone back although migrations were applied; "" while it is under way.
        options: of the command line, which the command that goes on has, too.
        started: the units that are new with this release, and to be started.
        gates: the paths of the gates that are closed until it has come to its end.
        stopped: the units that are to be started again.
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
        """This note with what another one knows that is left of the same change.

        Args:
            left: the one that was found.
        """
        if left is None:
            return self
        # Whatever it was, its pause ends with this one.
        paused = self._replace(gates=left.gates, stopped=left.stopped)
        if (left.what, left.to) != (self.what, self.to):
            return paused
        known = {name: getattr(left, name) for name in ("backup", "migrations", "failed", "started")}
        return paused._replace(before=self.before or left.before, **known)


_LISTS = ("migrations", "options", "started", "gates", "stopped")


class Journal:
    """The file.

    Args:
        path: of it. The folder may be another user's, who could put something else there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, note: Note) -> None:
        """Write a note, and see that it is on the disk.

        Raises:
            OSError: it cannot be written.
        """
        write(self.path, json.dumps(note._asdict(), indent=2) + "\n", 0o644)

    def read(self) -> Note | None:
        """The note; None where there is none, or another user than root or this one has written it."""
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
        """Forget it: all is as it is to be, or as it was before."""
        self.path.unlink(missing_ok=True)
        for left in self.path.parent.glob(f".{self.path.name}.*"):
            # Of a process that was killed while it wrote.
            left.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            sync_folder(self.path.parent)


def _note(found: dict[str, Any]) -> Note | None:
    """A note, also one of a release that has written less or more."""
    values: dict[str, Any] = {name: str(found.get(name, "")) for name in Note._fields}
    values |= {name: tuple(map(str, found.get(name, ()))) for name in _LISTS}
    note = Note(**values)
    is_ours = note.what in ("upgrade", "rollback") and _BUILD.fullmatch(note.to)
    return note if is_ours and (not note.before or _BUILD.fullmatch(note.before)) else None
