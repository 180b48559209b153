"""The temporary folder of a build. It is removed when the build ends or is stopped; if killed, by the next build."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

_PREFIX = "django-pyz-"
_LOCK = "in-use"
_STOPS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """An empty folder for a build; those of builds that were killed are removed first."""
    _remove_abandoned()
    with (
        _ending_on_signals(),
        # Processes left by a stopped command may still write into it.
        tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True) as name,
    ):
        folder = Path(name).resolve()
        new = folder / "new"
        with new.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # It gets its name only after it is locked, so that no other build takes this one for dead.
            new.rename(folder / _LOCK)
            inside = folder / "build"
            inside.mkdir()
            yield inside


def _remove_abandoned() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
                continue
            with (folder / _LOCK).open() as lock:
                # OSError if a running build has it.
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Turn signals into an exception; by default they end the process without cleaning up."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    with contextlib.ExitStack() as undone:
        # Only the main thread may do this.
        with contextlib.suppress(ValueError):
            for number in _STOPS:
                if signal.getsignal(number) is signal.SIG_DFL:
                    undone.callback(signal.signal, number, signal.signal(number, end))
        yield
