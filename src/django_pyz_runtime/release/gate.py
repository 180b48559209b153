"""A gate in front of the site: an upgrade closes it to new requests and waits for the running ones.

The gate is a file beside the records of running processes. Two of its bytes, which need not exist, are locked
(fcntl(2)), so that the kernel knows who is alive: the first by the upgrade that closes the gate, the second by each
process that answers a request. Content in the file keeps the gate closed even if that upgrade is killed: the running
release may not be able to use the database any more.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.release.locks import holder

NAME = "gate"
BEING_UPGRADED = "being upgraded"
RETRY_SECONDS = 5
"""When clients should retry."""
_CLOSED, _INSIDE = 0, 1
_LOOK_SECONDS = 0.05
"""Between two checks of a process, while requests run."""


class Gate:
    """The server's side, created before workers are forked. Before `begin`, and without a file, it is open."""

    def __init__(self) -> None:
        self._descriptor = -1
        self._lock = threading.Lock()
        self._inside = 0
        self._next_look = 0.0
        self._is_closed = False

    def begin(self, folder: Path) -> str:
        """Watch the gate in a folder from now on.

        Returns:
            The path of the file; "" if there can be none.
        """
        path = folder / NAME
        try:
            self._descriptor = _open(path, os.O_RDONLY)
        except OSError:
            return ""
        return str(path)

    @property
    def is_closed(self) -> bool:
        """Whether the gate is closed now, so that requests should come again later."""
        return self._descriptor >= 0 and _is_closed(self._descriptor)

    def enter(self) -> bool:
        """Let a request in, which must `leave` later; False if the gate is closed."""
        if self._descriptor < 0:
            return True
        with self._lock:
            if not self._inside and not self._hold():
                return False
            now = time.monotonic()
            if not self._inside or now >= self._next_look:
                self._next_look = now + _LOOK_SECONDS
                self._is_closed = _is_closed(self._descriptor)
            if not self._is_closed:
                self._inside += 1
            elif not self._inside:
                self._release()
            return not self._is_closed

    def leave(self) -> None:
        """End a request that was let in."""
        if self._descriptor < 0:
            return
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self._release()

    def _hold(self) -> bool:
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _INSIDE)
        except OSError:
            return False
        return True

    def _release(self) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, _INSIDE)


class Closing:
    """The upgrade's side. The process must not open the file elsewhere: closing it would release the locks.

    Args:
        path: of the gate's file, created if missing. Its folder may belong to another user.

    Raises:
        OSError: it cannot be opened, or another process has closed the gate.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = _open(path, os.O_RDWR)
        fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _CLOSED)

    def is_empty(self) -> bool:
        """Whether no request runs any more; from then on none gets in."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _INSIDE)
        except OSError:
            return False
        return True

    def inside(self) -> int:
        """A process that answers a request; 0 for none, less than 0 if it is not known which."""
        return holder(self._descriptor, _INSIDE, 1)

    def hold(self, why: str) -> None:
        """Keep the gate closed until it is opened, even if this process is killed."""
        os.pwrite(self._descriptor, f"{why}\n".encode(), 0)

    def open(self) -> None:
        """Let requests in again."""
        os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)


def is_closed(path: str) -> bool:
    """Whether a gate is closed, by a running or a killed upgrade; a missing one is open.

    Args:
        path: of its file.
    """
    with contextlib.suppress(OSError), _reading(path) as descriptor:
        return _is_closed(descriptor)
    return False


def held(path: str) -> str:
    """Why a gate is closed although no upgrade runs; "" if it is open or an upgrade runs.

    Args:
        path: of its file.
    """
    with contextlib.suppress(OSError), _reading(path) as descriptor:
        if not holder(descriptor, _CLOSED, 1):
            return os.pread(descriptor, 1000, 0).decode(errors="replace").strip()
    return ""


@contextlib.contextmanager
def _reading(path: str) -> Iterator[int]:
    """The file of a gate, open until the end of the block.

    Raises:
        OSError: there is none that can be read.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(f"{path}: is not a plain file")
        yield descriptor
    finally:
        os.close(descriptor)


def _open(path: Path, access: int) -> int:
    descriptor = os.open(path, access | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o640)
    status, folder = os.fstat(descriptor), path.parent.stat()
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        os.close(descriptor)
        raise OSError(f"{path}: is not a plain file")
    if status.st_gid != folder.st_gid and os.geteuid() == 0:
        # Root has created it, and the site's user must read it.
        os.fchown(descriptor, -1, folder.st_gid)
    return descriptor


def _is_closed(descriptor: int) -> bool:
    return os.fstat(descriptor).st_size > 0 or holder(descriptor, _CLOSED, 1) != 0
