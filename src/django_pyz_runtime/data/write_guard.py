"""Refuses writes into the code, for root too, with a message that says what to do.

The unpacked tree is read-only, but root may write into it all the same, and what is written there is lost with the next
release. Protocol: audit events (data.audit), which come before the system call, so nobody sees the kernel's bare
"Permission denied"; `install` changes what is guarded. What would change nothing is left to the kernel: making a folder
that is there, removing a file that is not, a new file in a folder that is not there.

Files that C libraries open on their own are not seen; there only the modes of the tree help. So an SQLite database that
lies in the code can be read by all, as it is there to be read, and written by root.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from django_pyz_runtime.data import audit
from django_pyz_runtime.data.write_advice import Code, advice
from django_pyz_runtime.errors import with_causes

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_WRITING_MODES = set("wax+")
_MAKES_NOTHING = ("mode=ro", "mode=rw", "mode=memory", "immutable=1")
"""What the URI of an SQLite database says when there must be one, or none is to be made; rwc is the default."""


class WriteIntoCode(PermissionError):
    """The project tried to write into its own code."""

    def __str__(self) -> str:
        return f"{self.filename}: {self.strerror}"


_code: Code | None = None


def install(trees: Iterable[Path], data_dir: Path, script: str) -> None:
    """Guard folders of code from now on. A second call replaces the first.

    Args:
        trees: the folders.
        data_dir: where data belongs; it may lie in one of them.
        script: the name of the executable.
    """
    global _code
    real = tuple(sorted({os.path.realpath(tree) for tree in trees}))
    _code = Code(real, os.path.realpath(data_dir), script)
    audit.watch("writes into the code", _LOOKS)


def stop() -> None:
    """Stop guarding."""
    global _code
    _code = None


def found_in(error: BaseException | None) -> WriteIntoCode | None:
    """The refusal in an error, or behind it, as where logging says no more than that it cannot be configured."""
    return next((one for one in with_causes(error) if isinstance(one, WriteIntoCode)), None)


def _look_at_open(path: Any, mode: Any, flags: Any, *_: Any) -> None:
    if not (flags & _WRITES or (type(mode) is str and set(mode) & _WRITING_MODES)):
        return
    real = _real(path)
    if real is None:
        return
    if os.path.lexists(real):
        # With these flags it is an error that it is there.
        changes = flags & (os.O_CREAT | os.O_EXCL) != os.O_CREAT | os.O_EXCL
    else:
        changes = os.path.isdir(os.path.dirname(real)) and (flags & os.O_CREAT or type(mode) is str)
    if changes:
        _refuse(real)


def _look_at_new(path: Any, *rest: Any, is_folder: bool = False) -> None:
    real = _real(path, rest[-1], follows=False)
    if real is not None and not os.path.lexists(real):
        _refuse(real, is_folder=is_folder)


def _look_at_old(path: Any, folder: Any = audit.HERE) -> None:
    real = _real(path, folder, follows=False)
    if real is not None and os.path.lexists(real):
        _refuse(real)


def _look_at_rename(source: Any, target: Any, source_folder: Any = audit.HERE, target_folder: Any = audit.HERE) -> None:
    before = audit.absolute(source, source_folder)
    if before is None or os.path.lexists(before):
        _look_at_old(source, source_folder)
        if (real := _real(target, target_folder, follows=False)) is not None:
            _refuse(real)


def _look_at_link(source: Any, target: Any, *folders: Any) -> None:
    _look_at_new(target, *folders)


def _look_at_truncate(path: Any, *_: Any) -> None:
    _look_at_open(path, None, os.O_WRONLY)


def _look_at_database(name: Any, *_: Any) -> None:
    path, is_made = database_file(os.fsdecode(name))
    if path and is_made:
        _look_at_open(path, None, os.O_RDWR | os.O_CREAT | os.O_EXCL)


def database_file(name: str) -> tuple[str, bool]:
    """The file that SQLite opens (https://www.sqlite.org/uri.html), and whether it makes it where it is missing."""
    if not name.startswith("file:"):
        return ("" if name == ":memory:" else name), True
    from urllib.parse import unquote

    path, _, query = name.removeprefix("file:").partition("#")[0].partition("?")
    is_made = not any(item in _MAKES_NOTHING for item in query.split("&"))
    return unquote(path[2:] if path.startswith("///") else path), is_made


_LOOKS: dict[str, audit.Look] = {
    "open": _look_at_open,
    "os.mkdir": partial(_look_at_new, is_folder=True),
    "os.remove": _look_at_old,
    "os.rmdir": _look_at_old,
    "os.rename": _look_at_rename,
    "os.link": _look_at_link,
    "os.symlink": _look_at_link,
    "os.truncate": _look_at_truncate,
    "sqlite3.connect": _look_at_database,
}
"""What shutil, tempfile and pathlib do ends in one of these."""


def _real(path: Any, folder: int = audit.HERE, *, follows: bool = True) -> str | None:
    """Where a path leads in the code; None where it leads elsewhere."""
    absolute = audit.absolute(path, folder)
    if absolute is None:
        return None
    if follows:
        real = os.path.realpath(absolute)
    else:
        above, name = os.path.split(absolute)
        real = os.path.join(os.path.realpath(above), name)
    return real if _code is not None and _code.holds(real) else None


def _refuse(real: str, *, is_folder: bool = False) -> None:
    assert _code is not None
    # Python itself keeps bytecode where it can, and goes on where it cannot.
    text = "the code is read-only" if "__pycache__" in real else advice(real, _code, is_folder=is_folder)
    raise WriteIntoCode(errno.EACCES, text, real)
