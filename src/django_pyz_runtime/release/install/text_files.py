"""Writes text files atomically; those whose names end in .gz are compressed."""

from __future__ import annotations

import glob
import gzip
import os
from pathlib import Path

from django_pyz_runtime.boot import installing


def holds(path: Path, text: str) -> bool:
    """Whether a file exists and has this text."""
    try:
        return read(path) == text
    except (OSError, EOFError, UnicodeDecodeError):
        return False


def read(path: Path) -> str:
    """The text of a file.

    Raises:
        OSError, EOFError: it cannot be read.
        UnicodeDecodeError: it is not text.
    """
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).decode()


def write(path: Path, text: str, mode: int, group: int | None = None) -> None:
    """Write a file atomically and durably; at no moment do others have more access than its mode gives.

    Args:
        path: of the file; missing folders are created.
        text: its content.
        mode: its permissions.
        group: its number; None for that of this process.

    Raises:
        OSError: it cannot be written.
    """
    installing.make_folder(str(path.parent))
    remove_left_over(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        content = gzip.compress(text.encode(), mtime=0) if path.suffix == ".gz" else text.encode()
        with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            # By its descriptor: the owner of the folder could replace it by a link.
            if group is not None:
                os.chown(file.fileno(), -1, group)
            os.chmod(file.fileno(), mode)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def remove_left_over(path: Path) -> None:
    """Remove temporary files that killed processes or a power cut have left.

    Raises:
        OSError: it cannot be removed.
    """
    for left in path.parent.glob(f".{glob.escape(path.name)}.[0-9]*"):
        pid = left.suffix.removeprefix(".")
        if pid == str(os.getpid()) or not os.path.exists(f"/proc/{pid}"):
            left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk.

    Raises:
        OSError: it failed.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
