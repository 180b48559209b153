"""A copy-on-write overlay over the data, for a read-only process: its writes go into a folder of its own.

In that folder each path is a link to the data until something there is about to change: the folders on the way to it
then become folders of links, and the file a copy. Protocol: audit events (data.audit), which come before the system
call.

Limits: files that C libraries open on their own, paths to the data that do not lead through that folder, such as one
that an operator sets, and changes inside files above 64 MiB, which are not copied.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from django_pyz_runtime.data import audit
from django_pyz_runtime.data.data_code import check_module, is_module

_COPIED_BYTES = 64 << 20
"""A larger file is not copied: appending goes to an empty file, any other write to the original."""
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_BESIDE_DATABASE = ("", "-wal", "-journal")
"""SQLite keeps pending changes in files beside the database."""
_MOST_LINKS = 40
"""As many as Linux follows (path_resolution(7))."""
_NAME = "writes into the data"


def link(own: Path, data_dir: Path, name: str) -> None:
    """Link a path into the overlay, if it exists in the data folder.

    Args:
        own: that folder.
        data_dir: the data folder.
        name: the path, relative to it.
    """
    place = own / name
    place.parent.mkdir(parents=True, exist_ok=True)
    if (data_dir / name).exists():
        place.symlink_to((data_dir / name).resolve())


def keep_apart(own: Path) -> None:
    """Redirect writes through the links into the folder from now on.

    Args:
        own: the folder with the links.
    """
    data = _OwnData(os.path.realpath(own))
    looks: dict[str, audit.Look] = {
        "open": data.before_open,
        "sqlite3.connect": data.before_connect,
        "os.rename": data.before_rename,
        "os.link": data.before_link,
        "os.symlink": data.before_link,
    }
    looks |= dict.fromkeys(("os.chmod", "os.chown", "os.truncate", "os.utime"), data.before_change)
    looks |= dict.fromkeys(("os.mkdir", "os.remove"), data.before_entry)
    looks |= dict.fromkeys(("os.chdir", "os.rmdir", "shutil.rmtree"), data.before_folder)
    audit.watch(_NAME, looks)


def stop() -> None:
    """Stop redirecting."""
    audit.watch(_NAME, {})


class _OwnData:
    """Makes room for changes; the argument is that of `keep_apart`, without links in it."""

    def __init__(self, own: str) -> None:
        self._own = os.path.join(own, "")

    def before_open(self, path: Any, mode: Any, flags: Any, *_: Any) -> None:
        """A file, which may be written to, or a folder, from whose descriptor changes may start."""
        if mode is None and not flags & _WRITES:
            self.before_folder(path)
        elif flags & _WRITES:
            adds = flags & os.O_APPEND and not flags & os.O_RDWR
            self._change(path, is_emptied=bool(flags & os.O_TRUNC), is_added_to=bool(adds))

    def before_connect(self, name: Any, *_: Any) -> None:
        """A database."""
        from django_pyz_runtime.data.write_guard import database_file

        path, _is_made = database_file(os.fsdecode(name))
        for suffix in _BESIDE_DATABASE if path else ():
            self._change(path + suffix)

    def before_change(self, path: Any, *_: Any) -> None:
        """A file or folder whose size, mode, owner or times are about to change."""
        self._change(path)

    def before_entry(self, path: Any, *rest: Any) -> None:
        """A directory entry that is created or removed; the last argument is its dir_fd."""
        self._arrive(path, *rest[-1:])

    def before_folder(self, path: Any, *rest: Any) -> None:
        """A folder that is removed, or opened as the base of relative paths."""
        place = self._arrive(path, *rest[-1:], follows=True)
        if self._is_link_to_data(place) and os.path.isdir(place):
            self._unfold(place)

    def before_rename(self, source: Any, target: Any, source_folder: Any = -1, target_folder: Any = -1) -> None:
        """A directory entry that is renamed."""
        self._arrive(source, source_folder)
        self._arrive(target, target_folder)

    def before_link(self, _: Any, target: Any, *rest: Any) -> None:
        """A link that is created."""
        self._arrive(target, *rest[-1:])

    def _change(self, path: Any, *, is_emptied: bool = False, is_added_to: bool = False) -> None:
        """Replace a link to a file by a copy, or by an empty file if the old content is not needed."""
        place = self._arrive(path, follows=True)
        if not self._is_link_to_data(place):
            return
        if os.path.isdir(place):
            self._unfold(place)
        elif os.path.isfile(place):
            if is_module(place):
                check_module(place)
            is_large = os.path.getsize(place) > _COPIED_BYTES
            if not is_large or is_emptied or is_added_to:
                _copy(place, is_empty=is_emptied or is_large)

    def _arrive(self, path: Any, folder: int = audit.HERE, *, follows: bool = False) -> str:
        """Walk to a path, and turn links to data folders on the way into folders of links.

        Args:
            path: as it is in the audit event.
            folder: the descriptor of what it starts from.
            follows: whether to go on where the path is a link, up to one to the data.

        Returns:
            Where it is; "" where nobody can tell.
        """
        current, links = "/", 0
        parts = [*reversed((audit.absolute(path, folder) or "").split("/"))]
        while parts:
            place = os.path.normpath(os.path.join(current, parts.pop()))
            if not os.path.islink(place):
                current = place
            elif self._is_link_to_data(place):
                if not any(parts):
                    return place
                if os.path.isdir(place):
                    self._unfold(place)
                current = place
            elif not follows and not any(parts):
                return place
            elif (links := links + 1) > _MOST_LINKS:
                return ""
            else:
                parts += reversed(os.path.join(current, os.readlink(place)).split("/"))
                current = "/"
        return current

    def _is_link_to_data(self, place: str) -> bool:
        is_here = place.startswith(self._own) and os.path.islink(place)
        return is_here and not os.path.realpath(place).startswith(self._own)

    def _unfold(self, place: str) -> None:
        """Replace a link to a folder by a folder of links."""
        real = os.path.realpath(place)
        names = os.listdir(real)
        os.unlink(place)
        os.mkdir(place, 0o700)
        for name in names:
            os.symlink(os.path.join(real, name), os.path.join(place, name))


def _copy(place: str, *, is_empty: bool) -> None:
    """Replace a link to a file by a copy. Errors surface when the file is opened."""
    import shutil

    copy = f"{place}.own"
    with contextlib.suppress(OSError):
        try:
            if is_empty:
                open(copy, "xb").close()
            else:
                shutil.copyfile(place, copy)
            shutil.copystat(place, copy)
            os.replace(copy, place)
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(copy)
