"""First starts at the same time: one process unpacks, the others wait for its tree. Standard library only.

A lock file beside the tree says whose turn it is. It is made in a folder that nobody else can write to, is never
written to, and goes when the turn is over.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import sys
import time

from django_pyz_runtime.boot.trust import Untrusted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TELL_SECONDS = 1.0
"""How long to wait in silence."""
LIMIT_SECONDS = 30.0
"""How long to wait at all: the other process may be stopped."""
_PAUSE_SECONDS = 0.02


@contextlib.contextmanager
def turn(tree: str) -> Iterator[bool]:
    """Wait for the turn to make a tree; or until it is there, or the time limit is over.

    Args:
        tree: path of its folder.

    Yields:
        Whether it is this process's turn, and nobody else's.

    Raises:
        Untrusted: what is in the lock file's place is none.
        OSError: it cannot be made.
    """
    path = lock_file(tree)
    descriptor = _wait(path, tree)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            # Before the lock ends: whoever gets it next notices that the file has gone.
            with contextlib.suppress(OSError):
                os.unlink(path)
            os.close(descriptor)


def lock_file(tree: str) -> str:
    """The path of a tree's lock file."""
    return os.path.join(os.path.dirname(tree), f".{os.path.basename(tree)}.lock")


def _wait(path: str, tree: str) -> int | None:
    start = time.monotonic()
    told = False
    while not os.path.isdir(tree):
        descriptor = _open(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_still(path, descriptor):
                return descriptor
        except BlockingIOError:
            pass
        except OSError:
            # A file system without locks: everyone unpacks, and one gets there first.
            os.close(descriptor)
            return None
        os.close(descriptor)
        waited = time.monotonic() - start
        if waited > LIMIT_SECONDS:
            _tell(f"waited {LIMIT_SECONDS:.0f} s for another process, which unpacks to {tree}: going on without it")
            return None
        if waited > TELL_SECONDS and not told:
            told = True
            _tell(f"waiting for another process, which unpacks to {tree}")
        time.sleep(_PAUSE_SECONDS)
    return None


def _open(path: str) -> int:
    """Open the lock file, and make it where it is not there.

    Raises:
        Untrusted: there is something else, or it is of another user.
        OSError: it cannot be made.
    """
    try:
        status = os.lstat(path)
    except FileNotFoundError:
        pass
    else:
        if stat.S_ISLNK(status.st_mode):
            raise Untrusted(f"{path} is a symbolic link")
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()):
            raise Untrusted(f"{path} is no lock file of root's or of user id {os.geteuid()}")
    # Nobody else can write to the folder, so it is still what it was; these flags are a second lock on that door.
    return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)


def _is_still(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.lstat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _tell(message: str) -> None:
    sys.stderr.write(f"{os.path.basename(sys.argv[0])}: {message}\n")
    sys.stderr.flush()
