"""What root makes in a data folder of another user's is that user's: a service could not write to it later.

Protocol: audit events (data.audit), which come before the system call. So what is about to be made is noted, and given
away with the next event, or when the process ends. Not seen are child processes, and what libraries in C make on their
own, but for the files of SQLite.
"""

from __future__ import annotations

import atexit
import os
import stat
from pathlib import Path
from typing import Any

from django_pyz_runtime.data import audit
from django_pyz_runtime.data.database_files import BESIDE_DATABASE
from django_pyz_runtime.data.write_guard import database_file

Owner = tuple[int, int]
"""User and group."""
_NAME = "what root makes in the data"


def owner_for(path: Path) -> Owner:
    """The owner of a file or folder; for a missing one that of the nearest existing folder."""
    there = next(one for one in (path, *path.parents) if one.exists())
    status = there.stat()
    return status.st_uid, status.st_gid


def give_to(owner: Owner, target: int | str | Path) -> None:
    """Give a file, folder or link to an owner, if this is root.

    Args:
        owner: the new one.
        target: an open file, or a path in a folder that nobody else can change.

    Raises:
        OSError: it failed.
    """
    if os.geteuid() == 0:
        os.chown(target, *owner, **({} if isinstance(target, int) else {"follow_symlinks": False}))


_made: _Made | None = None


def keep(data_dir: Path) -> None:
    """Have what this process makes in a data folder belong to whom the folder around it does, from now on.

    Args:
        data_dir: the data folder. Where it is root's, or this is not root, nothing is to be done.
    """
    global _made
    stop()
    if os.geteuid() == 0 != owner_for(data_dir)[0]:
        _made = _Made(os.path.realpath(data_dir))
        looks: dict[str, audit.Look] = {
            "open": _made.before_open,
            "os.mkdir": _made.before_entry,
            "os.rename": _made.before_rename,
            "os.link": _made.before_link,
            "sqlite3.connect": _made.before_connect,
        }
        audit.watch(_NAME, looks)
        atexit.register(_made.give)


def give() -> None:
    """Give away what was made up to now."""
    if _made:
        _made.give()


def stop() -> None:
    """Give away what was made, and nothing that is made from now on."""
    global _made
    if _made:
        _made.give()
        audit.watch(_NAME, {})
        _made = None


class _Made:
    """What root is about to make; the argument is a data folder, without links in it."""

    def __init__(self, data_dir: str) -> None:
        self._inside = os.path.join(data_dir, "")
        self._noted: set[str] = set()

    def before_open(self, path: Any, _: Any, flags: Any, *__: Any) -> None:
        """A file, which may be new."""
        self.give()
        if flags & os.O_CREAT and (absolute := audit.absolute(path)):
            self._note(os.path.realpath(absolute))

    def before_entry(self, path: Any, _: Any, folder: Any = audit.HERE) -> None:
        """A folder that comes."""
        self.give()
        self._note(_place(path, folder))

    def before_rename(self, _: Any, target: Any, __: Any = audit.HERE, folder: Any = audit.HERE) -> None:
        """A file that comes from another place, maybe in the place of one."""
        self.give()
        self._note(_place(target, folder), is_new=False)

    def before_link(self, _: Any, target: Any, __: Any = audit.HERE, folder: Any = audit.HERE) -> None:
        """One more name of a file."""
        self.before_entry(target, None, folder)

    def before_connect(self, name: Any, *_: Any) -> None:
        """A database."""
        self.give()
        path, is_made = database_file(os.fsdecode(name))
        if path and is_made and (absolute := audit.absolute(path)):
            for suffix in BESIDE_DATABASE:
                self._note(os.path.realpath(absolute) + suffix)

    def give(self) -> None:
        """Give away what is there of what was noted."""
        noted, self._noted = self._noted, set()
        self._noted |= {path for path in noted if not _give(path)}

    def _note(self, place: str, *, is_new: bool = True) -> None:
        if place.startswith(self._inside) and not (is_new and os.path.lexists(place)):
            self._noted.add(place)


def _place(path: Any, folder: int) -> str:
    """Where an entry is, itself maybe a link; "" where nobody can tell."""
    above, name = os.path.split(audit.absolute(path, folder) or "")
    return os.path.join(os.path.realpath(above), name) if above else ""


def _give(path: str) -> bool:
    """Give a file or folder of root's to the owner of the folder that it is in; whether it is there.

    The owner of that folder may have put anything in its place: no link is followed, nor is a file given that has
    another name elsewhere. To close any other descriptor would end SQLite's locks of the file (fcntl(2)).
    """
    try:
        descriptor = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        status, above = os.fstat(descriptor), os.stat(os.path.dirname(path))
        is_alone = stat.S_ISDIR(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink == 1)
        if status.st_uid == 0 != above.st_uid and is_alone:
            os.chown(f"/proc/self/fd/{descriptor}", above.st_uid, above.st_gid)
    except OSError:
        pass
    finally:
        os.close(descriptor)
    return True
