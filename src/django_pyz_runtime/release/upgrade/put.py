"""Executables that are put in place at once and for good, also in a tree that is read-only."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.release.install.text_files import remove_left_over, sync_folder


def put(source: Path, target: Path, *, may_link: bool) -> None:
    """Put a file in the place of another one at once: the very same where it may and can be, else a copy."""
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
    """Make a tree read-only, which a kill may have left writable."""
    folder.chmod(folder.stat().st_mode & 0o7555)
