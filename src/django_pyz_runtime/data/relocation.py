"""Writable paths that a project's settings put into its own code, moved to the data folder.

A project that says BASE_DIR / "db.sqlite3" would write into the unpacked tree and lose it with the next release.

Two sorts of settings are moved. Those that are known to be written to (SQLite databases, MEDIA_ROOT, log files ...) are
moved wherever they lie in the tree, and relative ones are taken below the data folder. Any other setting, also inside
dictionaries, lists of dictionaries and URLs, is moved where the tree holds nothing at its path, or a folder of mere
placeholders (.gitkeep): the tree is read-only, so what is not there could never be. A path that does exist is read
from where it is.

The folder that holds a moved path is made, and the path itself where it is sure to be a folder: a known one, one that
is a folder in the tree, and one whose name has no suffix under a key that speaks of a folder (UPLOAD_DIR).
"""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.bundle.names import PROJECT_FOLDER, SITE_PACKAGES
from django_pyz_runtime.data.settings_walk import Holders, Names, is_really, plain, replaced
from django_pyz_runtime.data.writable_settings import (
    FOLDERS,
    READ,
    is_nothing,
    is_read_only,
    is_written_to,
    means_folder,
)

_URL = r"[A-Za-z][\w.+-]*:/{0,3}"
_PATH = type(Path())
_OF_DJANGO = ("CACHES", "DATABASES", "LOGGING", "STORAGES")


class Move(NamedTuple):
    """A path that was moved.

    Attributes:
        setting: its name, with dots inside dictionaries.
        before: as the project has it.
        after: as it is now.
    """

    setting: str
    before: str
    after: str


class Relocator(NamedTuple):
    """Moves paths out of the code.

    Attributes:
        tree: the unpacked one; paths inside it are moved.
        project_folder: the project's own folder in it; what lies inside keeps its relative place.
        data_dir: where to.
        makes_folders: whether the folders that the paths need are made.
        static_root: STATIC_ROOT as the project has it; other settings that are built on it follow the one in force.
    """

    tree: Path
    project_folder: Path
    data_dir: Path
    makes_folders: bool = True
    static_root: str = ""

    def relocate(self, namespace: MutableMapping[str, Any]) -> list[Move]:
        """Move every writable path of a settings module, and make the folders that it needs.

        Args:
            namespace: of the settings module; changed in place, on copies of its dictionaries and lists.
        """
        if not namespace.get("MEDIA_ROOT"):
            # Django's default means the current folder, which is no place for uploads.
            namespace["MEDIA_ROOT"] = str(self.data_dir / "media")
        static_root = namespace.get("STATIC_ROOT")
        change = _Change(self, str(static_root) if is_really(static_root, str, Path) else "")
        for name in [name for name in namespace if name.isupper() and name not in READ]:
            # Django looks into its own, whatever library made them; into others only their library may.
            before = plain(namespace[name]) if name in _OF_DJANGO else namespace[name]
            if (after := replaced(before, change.value, (name,))) is not before:
                namespace[name] = after
        self._follow(namespace, change.moves)
        return change.moves

    def place_to_collect(self) -> Path | None:
        """The project's STATIC_ROOT, in the data folder if it is in the tree; None if the tree has something there."""
        path = Path(os.path.normpath(self.static_root))
        if not path.is_absolute():
            return None
        relative = self.relative(path)
        if relative is None:
            return path
        return self.data_dir / relative if relative.parts and is_nothing(path) else None

    def _follow(self, namespace: MutableMapping[str, Any], moves: list[Move]) -> None:
        """Let the folders that static files are collected from follow the settings that fill them at run time."""
        moved = {move.before: move.after for move in moves}
        if is_really(folders := namespace.get("STATICFILES_DIRS"), list, tuple):
            namespace["STATICFILES_DIRS"] = [
                moved.get(str(item), item) if is_really(item, str, Path) else item for item in folders
            ]

    def relative(self, path: Path) -> Path | None:
        """The place of a path in the project, or in the tree; None where it lies elsewhere."""
        roots = (self.project_folder, self.tree / PROJECT_FOLDER, self.tree / SITE_PACKAGES, self.tree)
        return next((path.relative_to(root) for root in roots if path.is_relative_to(root)), None)


class _Change:
    """The change of one settings module (see settings_walk for the names of a value and its holders)."""

    def __init__(self, relocator: Relocator, static_root: str) -> None:
        self.moves: list[Move] = []
        self._relocator = relocator
        self._static_root = static_root

    def value(self, value: Any, names: Names, holders: Holders) -> Any:
        """What takes a value's place. A list of paths is a list of places to read from, and stays."""
        if names[:2] == ("STORAGES", "staticfiles"):
            is_folder = names[2:] == ("OPTIONS", "location") and is_really(value, str, os.PathLike)
            return self._as_static_root(value, names) if is_folder else value
        if is_written_to(names, holders) and is_really(value, str, os.PathLike):
            return self._known(value, names)
        return self._unknown(value, names) if type(value) in (str, _PATH) else value

    def _as_static_root(self, value: str | os.PathLike[str], names: Names) -> Any:
        """The folder of the storage for static files, which follows the STATIC_ROOT that it is made from."""
        text = os.fspath(value)
        after = self._in_static_root(Path(os.path.normpath(text)))
        return self._moved(value, text, after, names) if after and str(after) != text else value

    def _known(self, value: str | os.PathLike[str], names: Names) -> Any:
        """A value that is written to, wherever it is; a relative one would be in the current folder."""
        text = os.fspath(value)
        path = Path(os.path.normpath(text))
        inside = Path(*(part for part in path.parts if part != ".."))
        relative = self._relocator.relative(path) if path.is_absolute() else inside
        if not text or relative is None:
            return value
        after = self._relocator.data_dir / relative
        self._make_folders(path, after, is_folder=names[-1] in FOLDERS)
        return self._moved(value, text, after, names)

    def _unknown(self, value: str | Path, names: Names) -> Any:
        """A value that is moved if it is a path, and the tree has nothing there."""
        text = str(value)
        found = text if os.path.isabs(text) else self._path_in_url(text) if isinstance(value, str) else ""
        path = Path(os.path.normpath(found)) if found and "\0" not in found else None
        relative = self._relocator.relative(path) if path else None
        if path is None or relative is None or not relative.parts or not is_nothing(path):
            return value
        if after := self._in_static_root(path):
            return self._moved(value, found, after, names)
        if is_read_only(names, relative):
            return value
        after = self._relocator.data_dir / relative
        self._make_folders(path, after, is_folder=found == text and means_folder(found, names[-1]))
        return self._moved(value, found, after, names)

    def _moved(self, value: str | os.PathLike[str], before: str, after: Path, names: Names) -> Any:
        text = os.fspath(value)
        slash = "/" if before.endswith("/") else ""
        changed = text.replace(before, str(after) + slash, 1)
        self.moves.append(Move(".".join(names), text, changed))
        return type(value)(after) if isinstance(value, Path) else changed

    def _in_static_root(self, path: Path) -> Path | None:
        """Where a path below the project's STATIC_ROOT is now."""
        before = self._relocator.static_root
        if not before or not self._static_root or not path.is_relative_to(os.path.normpath(before)):
            return None
        return Path(self._static_root) / path.relative_to(os.path.normpath(before))

    def _path_in_url(self, text: str) -> str:
        """The path into the tree at the end of a URL, as in sqlite:////...; "" where there is none."""
        for root in (self._relocator.project_folder, self._relocator.tree):
            start = text.find(f"{root}/")
            if start > 0 and re.fullmatch(_URL, text[:start]):
                return re.split(r"[?#;]", text[start:])[0]
        return ""

    def _make_folders(self, before: Path, after: Path, *, is_folder: bool) -> None:
        if not self._relocator.makes_folders:
            return
        folders = [after] if is_folder else [after.parent]
        if before.is_absolute() and not before.resolve().is_relative_to(self._relocator.data_dir.resolve()):
            folders += [after / Path(folder).relative_to(before) for folder, _, _ in os.walk(before)]
        make_folders(self._relocator.data_dir, folders)


def make_folders(data_dir: Path, folders: Iterable[Path]) -> None:
    """Make folders in the data folder, as far as that can be done.

    Whoever uses one that is not there says what is wrong with it; many commands never do.
    """
    with contextlib.suppress(OSError):
        make_data_dir(data_dir)
        for folder in folders:
            folder.mkdir(mode=0o750, parents=True, exist_ok=True)


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder, closed to all but its owner and group, as it will hold databases and uploads.

    Raises:
        OSError: it cannot be made.
    """
    data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)
