"""Text files that are put in place at once."""

from __future__ import annotations

import os
from pathlib import Path

from django_pyz_runtime.boot import installing


def holds(path: Path, text: str) -> bool:
    """Whether a file is there and has a text."""
    try:
        return path.read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def write(path: Path, text: str, mode: int, group: int | None = None) -> None:
    """Put a file in place at once and for good, readable by nobody else at any moment.

    Args:
        path: of it; folders that are not there are made.
        text: its content.
        mode: its permissions.
        group: its number; None for that of this process.

    Raises:
        OSError: it cannot be written.
    """
    installing.make_folder(str(path.parent))
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            # By its descriptor: whose folder it is could put a link in its place.
            if group is not None:
                os.chown(file.fileno(), -1, group)
            os.chmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """See that the names in a folder are on the disk.

    Raises:
        OSError: they cannot be written.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
