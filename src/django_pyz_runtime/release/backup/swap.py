"""Puts restored files in the place of those that are there, which are kept aside until all is well.

Not whole folders are renamed but what is in them: one may be where a file system is mounted, and hold what is not
restored. All that is new lies in a folder of this user's alone, which is reached by its descriptor, so that whoever
owns the place cannot put a link in its way.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.backup.changes import Changes
from django_pyz_runtime.release.backup.owner import Owner, give_to, owner_for
from django_pyz_runtime.release.backup.places import Place

_PREFIX = ".restore-"


class Swap:
    """The new content of a place, and then the old one.

    Args:
        place: of the site.
        is_folder: whether it is one.
        excluded: paths in it that stay.

    Attributes:
        folder: of the place, or the place itself.
        new: where the content is to be written before it is put in place: a folder, or a file's path.

    Raises:
        UserError: the place cannot be written.
    """

    def __init__(self, place: Place, *, is_folder: bool, excluded: set[Path]) -> None:
        self._place = place
        self._is_folder = is_folder
        self._excluded = excluded
        self.folder = place.path if is_folder else place.path.parent
        self._made: list[Path] = []
        self._moved: list[tuple[Path, Path]] = []
        self._descriptors: list[int] = []
        try:
            self._owner = owner_for(self.folder)
            self._make_folder(self.folder)
            self._inside = self._open(self.folder)
            self._scratch = tempfile.mkdtemp(prefix=_PREFIX, dir=self._inside)
            scratch = self._open(Path(self._scratch))
        except OSError as error:
            raise _unwritten(error, self.folder) from None
        self._new, self._old = scratch / "new", scratch / "old"
        self._new.mkdir()
        self._old.mkdir()
        self.new = self._new if is_folder else self._new / place.path.name

    def has_content(self) -> bool:
        """Whether there is anything in the place now, but for what stays."""
        return any(True for _ in self._content(self.folder))

    def put_in_place(self, changes: Changes) -> None:
        """Replace what is there.

        Raises:
            UserError: that fails.
        """
        changes.add(str(self._place.path), self._undo)
        try:
            _give_all(self._owner, self._new)
            self._set_aside(self._inside, self.folder, self._old)
            self._put(self._new, self._inside)
        except OSError as error:
            raise _unwritten(error, self.folder) from None

    def forget(self) -> None:
        """All is well: what was there before can go, and folders that were made stay."""
        self._moved.clear()
        self._made.clear()

    def close(self) -> None:
        """Remove what is not in place, but where the old content could not be brought back."""
        if not self._moved:
            shutil.rmtree(self._scratch, ignore_errors=True)
        for descriptor in self._descriptors:
            os.close(descriptor)
        for folder in reversed(self._made):
            if not os.listdir(folder):
                folder.rmdir()

    def _open(self, folder: Path) -> Path:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        self._descriptors.append(descriptor)
        return Path(f"/proc/self/fd/{descriptor}")

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            self._make_folder(folder.parent)
            folder.mkdir(mode=0o750)
            give_to(self._owner, folder)
            self._made.append(folder)

    def _content(self, folder: Path) -> Iterator[str]:
        """The names in a folder of what is to be replaced.

        Args:
            folder: its path, which `excluded` is about.
        """
        names = os.listdir(folder) if self._is_folder else [self._place.path.name]
        for name in names:
            path = folder / name
            if not name.startswith(_PREFIX) and path not in self._excluded and os.path.lexists(path):
                yield name

    def _set_aside(self, inside: Path, folder: Path, aside: Path) -> None:
        for name in self._content(folder):
            path = folder / name
            if any(kept.is_relative_to(path) for kept in self._excluded) and path.is_dir():
                (aside / name).mkdir()
                self._set_aside(inside / name, path, aside / name)
            else:
                self._rename(inside / name, aside / name)

    def _put(self, new: Path, folder: Path) -> None:
        for name in os.listdir(new):
            if (folder / name).is_dir() and (new / name).is_dir():
                self._put(new / name, folder / name)
            else:
                self._rename(new / name, folder / name)

    def _rename(self, source: Path, target: Path) -> None:
        os.rename(source, target)
        self._moved.append((source, target))

    def _undo(self) -> None:
        while self._moved:
            source, target = self._moved[-1]
            try:
                os.rename(target, source)
            except OSError as error:
                kept = f"what is missing in it lies in {self.folder / os.path.basename(self._scratch)}/old"
                raise UserError(f"{system_reason(error)}; {kept}") from None
            self._moved.pop()


def _give_all(owner: Owner, folder: Path) -> None:
    for inside, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            give_to(owner, os.path.join(inside, name))


def _unwritten(error: OSError, folder: Path) -> UserError:
    where = str(error.filename or "")
    shown = folder if not where or where.startswith("/proc/self/fd/") else where
    return UserError(f"{shown}: {system_reason(error)}")
