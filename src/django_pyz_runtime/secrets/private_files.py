"""Files that hold secrets: their content, and whether everybody on the machine can get at it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

_OF_A_CONTAINER = Path("/run/secrets")
"""Where Docker and Podman put secrets, with mode 0444 (Docker's documentation, "Manage sensitive data")."""


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
    folder that is closed. In a container everyone is the service, so its secrets count as closed.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        mode = os.fstat(file.fileno()).st_mode
        content = file.read()
    folders = path.resolve().parents
    is_open = _OF_A_CONTAINER not in folders and all(folder.stat().st_mode & stat.S_IXOTH for folder in folders)
    return PrivateFile(content, is_open and bool(mode & stat.S_IROTH), is_open and bool(mode & stat.S_IWOTH))
