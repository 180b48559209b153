"""Which unpacked trees are in use: a process holds the one it runs from by a shared lock on its folder.

The lock ends with the last process that has it, however that ends; forked children have it too. Whoever wants to remove
a tree needs the exclusive lock first. Standard library only.
"""

from __future__ import annotations

import fcntl
import os
import time

from django_pyz_runtime.errors import UserError, system_reason

_ATTEMPTS = 20
_PAUSE_SECONDS = 0.01


def hold_own(site_packages: str) -> None:
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
        raise UserError(f"{tree}: was removed by another process just now", hint="Start it again.")


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
    for _ in range(_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(_PAUSE_SECONDS)
        except OSError:
            break
    return _still_there(tree, descriptor)


def take(path: str) -> int | None:
    """Take a folder or a lock file that nobody holds, for whoever is going to remove it.

    Returns:
        A descriptor to close; None where somebody holds it, or it has gone.

    Raises:
        OSError: that cannot be told.
    """
    try:
        descriptor = _open(path)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:
        os.close(descriptor)
        raise
    return _still_there(path, descriptor)


def _open(path: str) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _still_there(path: str, descriptor: int) -> int | None:
    """The descriptor, if it is still that of the path; else it is closed."""
    try:
        if os.path.samestat(os.lstat(path), os.fstat(descriptor)):
            return descriptor
    except FileNotFoundError:
        pass
    os.close(descriptor)
    return None
