"""Puts executables in place atomically and durably, also in a read-only tree."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.release.install.text_files import remove_left_over, sync_folder


def put(source: Path, target: Path, *, may_link: bool) -> None:
    """Replace a file atomically by a hard link to the source where allowed and possible, else by a copy."""
    temporary = target.with_name(f".{target.name}.{os.getpid()}")
    remove_left_over(target)
    try:
        try:
            if may_link and source.stat().st_uid == os.geteuid():
                os.link(source, temporary)
        except OSError:
            pass
        if not temporary.exists():
            with source.open("rb") as original, temporary.open("xb") as copy:
                shutil.copyfileobj(original, copy)
                copy.flush()
                os.fsync(copy.fileno())
            temporary.chmod(0o755)
        os.replace(temporary, target)
        sync_folder(target.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextlib.contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Let this user write to a read-only tree in the block."""
    folder.chmod(folder.stat().st_mode | 0o200)
    try:
        yield
    finally:
        close(folder)


def close(folder: Path) -> None:
    """Make a tree read-only again, which a killed process may have left writable."""
    folder.chmod(folder.stat().st_mode & 0o7555)
