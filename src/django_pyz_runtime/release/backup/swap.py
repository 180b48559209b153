"""Replaces existing files by restored ones and keeps the old ones until everything has succeeded.

It renames the content of folders rather than folders: one may be a mount point, or hold files that are not restored.
New files are in a folder that only this user can enter, used by its descriptor, so that the owner of the place cannot
redirect it by a link.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.data.ownership import Owner, give_to, owner_for
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.release.backup.changes import Changes
from django_pyz_runtime.release.backup.places import Place

_PREFIX = ".restore-"


class Swap:
    """Exchanges the old and the new content of a place.

    Args:
        place: of the site.
        is_folder: whether the place is a folder.
        excluded: paths in it that are left alone.

    Attributes:
        folder: of the place, or the place itself.
        new: where to write the new content before it is put in place: a folder, or the path of a file.

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
        """Whether the place has content that would be replaced."""
        return any(True for _ in self._content(self.folder))

    def put_in_place(self, changes: Changes) -> None:
        """Replace the content.

        Raises:
            UserError: it failed.
        """
        changes.add(str(self._place.path), self._undo)
        try:
            _give_all(self._owner, self._new)
            self._set_aside(self._inside, self.folder, self._old)
            self._put(self._new, self._inside)
        except OSError as error:
            raise _unwritten(error, self.folder) from None

    def forget(self) -> None:
        """After success: the old content can be removed, and created folders are kept."""
        self._moved.clear()
        self._made.clear()

    def close(self) -> None:
        """Remove what is not in place, unless the old content could not be put back."""
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
        """The names in a folder to replace.

        Args:
            folder: its path, to compare with `excluded`.
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
                kept = f"the missing files are in {self.folder / os.path.basename(self._scratch)}/old"
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
