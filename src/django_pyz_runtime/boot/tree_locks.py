"""Locks on unpacked trees: which processes use one, which may remove it, and whose turn it is to unpack it.

A process holds a shared lock on the folder of the tree that it runs from. The lock ends with the last process that has
it, however that ends; forked children inherit it. To remove a tree, a process takes the exclusive lock first.

At first starts at the same time one process unpacks, and the others wait for its tree. A lock file beside the tree says
whose turn it is. It is made in a folder that nobody else can write to, is never written to, and goes when the turn is
over. Standard library only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import time

from django_pyz_runtime.boot.trust import Untrusted
from django_pyz_runtime.errors import UserError, say, system_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_HOLD_ATTEMPTS = 20
_HOLD_PAUSE_SECONDS = 0.01
_TELL_SECONDS = 1.0
"""How long to wait for a turn in silence."""
_LIMIT_SECONDS = 30.0
"""How long to wait for it at all: the other process may be stopped."""
_TURN_PAUSE_SECONDS = 0.02


def hold_own_tree(site_packages: str) -> None:
    """Hold the tree that this process runs from, for as long as it lives.

    Args:
        site_packages: of the tree.

    Raises:
        UserError: it was removed since the launcher found it.
    """
    tree = os.path.dirname(site_packages)
    try:
        descriptor = hold(tree)
    except OSError as error:
        raise UserError(f"{tree}: {system_reason(error)}") from None
    if descriptor is None:
        raise UserError(f"{tree}: was just removed by another process", hint="Start it again.")


def hold(tree: str) -> int | None:
    """Hold a folder until the descriptor is closed, or this process and its forked children are gone.

    A file system without locks is passed over: there, nothing is ever found to be free. Any user who can read a tree
    can lock it as well; so whoever only wants to run from it does not wait for more than a moment.

    Args:
        tree: path of the folder.

    Returns:
        The descriptor; None where the folder has gone meanwhile.

    Raises:
        OSError: it cannot be opened.
    """
    try:
        descriptor = _open(tree)
    except FileNotFoundError:
        return None
    for _ in range(_HOLD_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(_HOLD_PAUSE_SECONDS)
        except OSError:
            break
    return _still_there(tree, descriptor)


def take_to_remove(path: str) -> int | None:
    """Lock a folder or a lock file that nobody holds, before its removal.

    Returns:
        A descriptor to close; None where somebody holds it, or it has gone.

    Raises:
        OSError: that cannot be told.
    """
    try:
        return _locked(path, _open(path))
    except FileNotFoundError:
        return None


@contextlib.contextmanager
def turn_to_unpack(tree: str) -> Iterator[bool]:
    """Wait for the turn to make a tree; or until it is there, or the time limit is over.

    Args:
        tree: path of its folder.

    Yields:
        Whether it is this process's turn, and nobody else's.

    Raises:
        Untrusted: what is in the lock file's place is none.
        OSError: it cannot be made.
    """
    lock_file = os.path.join(os.path.dirname(tree), f".{os.path.basename(tree)}.lock")
    descriptor = _wait_for_turn(tree, lock_file)
    try:
        yield descriptor is not None
    finally:
        if descriptor is not None:
            # Before the lock ends: whoever gets it next notices that the file has gone.
            with contextlib.suppress(OSError):
                os.unlink(lock_file)
            os.close(descriptor)


def _wait_for_turn(tree: str, lock_file: str) -> int | None:
    start = time.monotonic()
    told = False
    while not os.path.isdir(tree):
        descriptor = _open_lock_file(lock_file)
        try:
            if (turn := _locked(lock_file, descriptor)) is not None:
                return turn
        except OSError:
            # A file system without locks: everyone unpacks, and one gets there first.
            return None
        waited = time.monotonic() - start
        if waited > _LIMIT_SECONDS:
            say(f"waited {_LIMIT_SECONDS:.0f} s for another process that is unpacking to {tree}; continuing without it")
            return None
        if waited > _TELL_SECONDS and not told:
            told = True
            say(f"waiting for another process that is unpacking to {tree}")
        time.sleep(_TURN_PAUSE_SECONDS)
    return None


def _open_lock_file(path: str) -> int:
    """Open a lock file, and make it where it is not there.

    Raises:
        Untrusted: there is something else, or it is of another user.
        OSError: it cannot be made.
    """
    with contextlib.suppress(FileNotFoundError):
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            raise Untrusted(f"{path} is a symbolic link")
        if not stat.S_ISREG(status.st_mode) or status.st_uid not in (0, os.geteuid()):
            raise Untrusted(f"{path} is not a lock file of root or user id {os.geteuid()}")
    # Nobody else can write to the folder, so it is still what it was; the flags are a second lock on that door.
    return _open(path, os.O_CREAT)


def _open(path: str, how: int = 0) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | how, 0o600)


def _locked(path: str, descriptor: int) -> int | None:
    """The descriptor with the exclusive lock; closed where somebody else has a lock, or it is not that of the path.

    Raises:
        OSError: the file system has no locks; the descriptor is closed.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            return None
        raise
    return _still_there(path, descriptor)


def _still_there(path: str, descriptor: int) -> int | None:
    """The descriptor, if it is still that of the path; else it is closed."""
    with contextlib.suppress(FileNotFoundError):
        if os.path.samestat(os.lstat(path), os.fstat(descriptor)):
            return descriptor
    os.close(descriptor)
    return None
