"""SQLite: copied by its backup API while others write, and restored as a file."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from django_pyz_runtime.data.ownership import give_to, owner_for
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.backup.changes import Changes
from django_pyz_runtime.release.backup.databases.base import Database

_LONGEST_WAIT_SECONDS = 60
_BESIDE = ("", "-wal", "-shm", "-journal")
"""The suffixes of a database's files (https://www.sqlite.org/tempfiles.html)."""
_MODE = 0o640


class SQLite(Database):
    """A database that is a file."""

    vendor = "sqlite"
    suffix = "sqlite3"

    @property
    def path(self) -> Path:
        """The path of its file; the settings may have a URI."""
        name = self.name
        if name.startswith("file:"):
            from urllib.parse import unquote

            name = unquote(name.removeprefix("file:").partition("?")[0])
            name = "/" + name.lstrip("/") if name.startswith("//") else name
        return Path(name)

    @property
    def files(self) -> list[Path]:
        """All files that it may have."""
        return [Path(f"{self.path}{end}") for end in _BESIDE]

    @property
    def identity(self) -> Sequence[object]:
        """The file."""
        return (self.vendor, os.path.realpath(self.path))

    def find_programs(self, *, to_restore: bool) -> None:
        """Python includes SQLite."""

    def check(self) -> None:
        """Check that it exists and answers; SQLite would create an empty one."""
        if not self.path.exists():
            raise UserError(f"{self.what} does not exist")
        self.ask("SELECT 1 FROM sqlite_master LIMIT 1")

    def dump(self, file: Path) -> None:
        """Copy it in one step: with several, the copy would start again at each write."""
        until = time.monotonic() + _LONGEST_WAIT_SECONDS

        def look_at_clock(status: int, *_: int) -> None:
            if status in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) and time.monotonic() > until:
                raise UserError(f"{self.what} was locked for {_LONGEST_WAIT_SECONDS} seconds")

        self.check()
        try:
            with contextlib.closing(sqlite3.connect(file)) as target:
                self.connection.connection.backup(target, progress=look_at_clock)
        except sqlite3.Error as error:
            raise UserError(f"{self.what} cannot be copied to {file.parent.resolve()}: {error}") from error

    def has_tables(self) -> bool:
        """Whether there is a file with content, even a damaged one."""
        if not self.path.exists() or not self.path.stat().st_size:
            return False
        try:
            # Not through Django, which would initialise the database.
            with contextlib.closing(sqlite3.connect(f"{self.path.as_uri()}?mode=ro", uri=True)) as database:
                return database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is not None
        except sqlite3.Error:
            return True

    def replace(self, file: Path, changes: Changes, *, may_go_back: bool) -> None:
        """Replace the file."""
        self.connection.close()
        self._check_is_unused()
        new = self.path.with_name(f".{self.path.name}.new-{os.getpid()}")
        moved: list[tuple[Path, Path]] = []
        placed: list[Path] = []

        def undo() -> None:
            for path in (new, *placed):
                path.unlink(missing_ok=True)
            for path, aside in reversed(moved):
                os.replace(aside, path)

        def finish() -> None:
            for _, aside in moved:
                aside.unlink()

        changes.add(self.what, undo, finish)
        try:
            self._copy(file, new)
            for path in filter(Path.exists, reversed(self.files)):
                aside = Path(f"{path}.before-{os.getpid()}")
                os.rename(path, aside)
                moved.append((path, aside))
            os.rename(new, self.path)
            placed += self.files
        except OSError as error:
            raise UserError(f"{error.filename or self.path}: {system_reason(error)}") from None

    def _copy(self, file: Path, new: Path) -> None:
        owner = owner_for(self.path)
        mode = self.path.stat().st_mode & 0o777 if self.path.exists() else _MODE
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with file.open("rb") as source, open(descriptor, "wb") as target:
            shutil.copyfileobj(source, target)
            target.flush()
            give_to(owner, descriptor)
            os.fchmod(descriptor, mode)
            os.fsync(descriptor)

    def _check_is_unused(self) -> None:
        """Refuse if another process has it open, which would keep using the old file.

        Raises:
            UserError: one has it open.
        """
        users = sorted(set(_users(self.files)))
        if users:
            numbers = ", ".join(map(str, users))
            raise UserError(
                f"{self.path}: in use by process {numbers}", hint="Stop the site, its workers and commands first."
            )


def _users(paths: Sequence[Path]) -> Iterator[int]:
    """The other processes that have one of these files open, as far as this user may see."""
    wanted = {(path.stat().st_dev, path.stat().st_ino) for path in paths if path.exists()}
    for process in Path("/proc").glob("[0-9]*"):
        if int(process.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            for descriptor in (process / "fd").iterdir():
                with contextlib.suppress(OSError):
                    status = descriptor.stat()
                    if (status.st_dev, status.st_ino) in wanted:
                        yield int(process.name)
