"""Writable paths that a project's settings put into its own code, moved to the data folder.

A project that says BASE_DIR / "db.sqlite3" would write into the unpacked tree and lose it with the next release.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_PLAIN = ("FILE_UPLOAD_TEMP_DIR", "EMAIL_FILE_PATH", "SESSION_FILE_PATH")
"""Settings of Django's that are the path of a folder written to at run time."""
_FOLDERS = (*_PLAIN, "MEDIA_ROOT")
"""Folders that Django expects to be there."""


@dataclass(frozen=True)
class Move:
    """A path that was moved.

    Attributes:
        setting: its name, with dots inside dictionaries.
        before: as the project has it.
        after: as it is now.
    """

    setting: str
    before: str
    after: str


@dataclass(frozen=True)
class Relocator:
    """Moves paths out of the code.

    Attributes:
        site_packages: the unpacked tree; paths inside it are moved.
        project_folder: the project's own folder in it; what lies inside keeps its relative place.
        data_dir: where to.
        makes_folders: whether the folders that the paths need are made.
    """

    site_packages: Path
    project_folder: Path
    data_dir: Path
    makes_folders: bool = True

    def relocate(self, namespace: MutableMapping[str, Any]) -> list[Move]:
        """Move every writable path of a settings module, and make the folders that it needs.

        Args:
            namespace: of the settings module; changed in place, on copies of its dictionaries.
        """
        moves: list[Move] = []
        for name in _PLAIN:
            if namespace.get(name):
                self._replace(namespace, name, name, moves)
        if namespace.get("MEDIA_ROOT"):
            self._replace(namespace, "MEDIA_ROOT", "MEDIA_ROOT", moves)
        else:
            # Django's default means the current folder, which is no place for uploads.
            namespace["MEDIA_ROOT"] = str(self.data_dir / "media")
        for setting, parent, key in _nested(namespace):
            self._replace(parent, key, setting, moves)
        return moves

    def _replace(self, parent: MutableMapping[str, Any], key: str, setting: str, moves: list[Move]) -> None:
        before = parent[key]
        after = self._moved(os.fspath(before)) if isinstance(before, str | os.PathLike) else None
        if after is None:
            return
        parent[key] = type(before)(after) if isinstance(before, Path) else str(after)
        moves.append(Move(setting, str(before), str(after)))
        if not self.makes_folders:
            return
        try:
            make_data_dir(self.data_dir)
            (after if key in _FOLDERS else after.parent).mkdir(mode=0o750, parents=True, exist_ok=True)
        except OSError:
            # Whoever uses the path says what is wrong with it; many commands never do.
            return

    def _moved(self, text: str) -> Path | None:
        path = Path(os.path.normpath(text))
        if not path.is_absolute():
            return self.data_dir / path
        for root in (self.project_folder, self.site_packages):
            if path.is_relative_to(root):
                return self.data_dir / path.relative_to(root)
        return None


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder, closed to all but its owner and group, as it will hold databases and uploads.

    Raises:
        OSError: it cannot be made.
    """
    data_dir.mkdir(mode=0o750, parents=True, exist_ok=True)


def _nested(namespace: MutableMapping[str, Any]) -> Iterator[tuple[str, MutableMapping[str, Any], str]]:
    """The writable paths inside dictionaries of settings: name with dots, the dictionary that holds it, its key."""
    yield from _items(namespace, "DATABASES", "NAME", _is_sqlite_file)
    yield from _items(namespace, "CACHES", "LOCATION", lambda item: "FileBasedCache" in str(item.get("BACKEND", "")))
    if isinstance(storages := namespace.get("STORAGES"), dict):
        namespace["STORAGES"] = storages = dict(storages)
        for alias, storage in storages.items():
            if isinstance(storage, dict) and alias != "staticfiles":
                storages[alias] = storage = dict(storage)
                yield from _items(storage, "OPTIONS", "location", prefix=f"STORAGES.{alias}.", flat=True)
    if isinstance(logging := namespace.get("LOGGING"), dict):
        namespace["LOGGING"] = logging = dict(logging)
        yield from _items(logging, "handlers", "filename", prefix="LOGGING.")


def _items(
    namespace: MutableMapping[str, Any],
    name: str,
    key: str,
    applies: Callable[[dict[str, Any]], bool] = lambda item: True,
    *,
    prefix: str = "",
    flat: bool = False,
) -> Iterator[tuple[str, MutableMapping[str, Any], str]]:
    """The items of a dictionary of dictionaries (or, if flat, the dictionary itself) that hold a path under `key`."""
    outer = namespace.get(name)
    if not isinstance(outer, dict):
        return
    namespace[name] = outer = dict(outer)
    if flat:
        if outer.get(key):
            yield f"{prefix}{name}.{key}", outer, key
        return
    for alias, item in outer.items():
        if isinstance(item, dict) and item.get(key) and applies(item):
            outer[alias] = item = dict(item)
            yield f"{prefix}{name}.{alias}.{key}", item, key


def _is_sqlite_file(database: dict[str, Any]) -> bool:
    name = os.fspath(database["NAME"]) if isinstance(database["NAME"], str | os.PathLike) else ""
    engine = str(database.get("ENGINE", ""))
    return engine.endswith(("sqlite3", "spatialite")) and bool(name) and name != ":memory:" and name[:5] != "file:"
