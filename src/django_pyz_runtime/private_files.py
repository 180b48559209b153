"""Files that hold secrets: their content, and whether everybody on the machine can get at it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple


class PrivateFile(NamedTuple):
    """A file as it was read.

    Attributes:
        content: of it.
        is_readable: whether everyone may read it.
        is_writable: whether everyone may write it.
    """

    content: bytes
    is_readable: bool
    is_writable: bool


def read(path: Path) -> PrivateFile:
    """Read a file.

    Everyone's rights count only where every folder above lets everyone in: systemd and others keep credentials in a
    folder that is closed. What is no regular file, such as a pipe, belongs to who made it.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        content = file.read()
    is_open = stat.S_ISREG(mode) and all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
    return PrivateFile(content, is_open and bool(mode & stat.S_IROTH), is_open and bool(mode & stat.S_IWOTH))
