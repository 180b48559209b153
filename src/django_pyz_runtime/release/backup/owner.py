"""What root makes in another user's folder is that user's."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.errors import UserError

Owner = tuple[int, int]
"""User and group."""


def owner_for(path: Path) -> Owner:
    """Whose a file or folder is, or is to be: that of the nearest folder that is there."""
    there = next(one for one in (path, *path.parents) if one.exists())
    status = there.stat()
    return status.st_uid, status.st_gid


def give_to(owner: Owner, target: int | str | Path) -> None:
    """Give a file, folder or link to an owner, where this is root.

    Args:
        owner: the new one.
        target: an open file, or a path in a folder that nobody else can change.

    Raises:
        OSError: that fails.
    """
    if os.geteuid() == 0:
        os.chown(target, *owner, **({} if isinstance(target, int) else {"follow_symlinks": False}))


@contextlib.contextmanager
def connecting_as(owner: Owner | None) -> Iterator[None]:
    """Be another user in the block, for who looks at the other end of a unix socket (SO_PEERCRED, unix(7)).

    Args:
        owner: the user; None for this one.
    """
    if owner is None:
        yield
        return
    os.seteuid(owner[0])
    try:
        yield
    finally:
        os.seteuid(0)


def check_owner(path: Path, data_dir: Path) -> None:
    """Check that root is not led astray: what is the site's belongs to the owner of its data, or to nobody else.

    Args:
        path: of a folder or file that a link may have led to.
        data_dir: the data folder.

    Raises:
        UserError: root runs, and it belongs to somebody else.
    """
    owner = owner_for(data_dir)[0]
    found = owner_for(path)[0]
    if os.geteuid() == 0 != owner != found and path.is_dir():
        raise UserError(
            f"{path}: belongs to user {user_name(found)}, and the data folder {data_dir} to user {user_name(owner)}",
            hint=f"Give it to user {user_name(owner)}, or run the command as root.",
        )


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter, in the name of the owner of the one above.

    Raises:
        OSError: it cannot be made, or is a link.
    """
    if folder.is_dir() and not folder.is_symlink():
        return
    owner = owner_for(folder.parent)
    folder.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    folder.mkdir(mode=0o700)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        give_to(owner, descriptor)
    finally:
        os.close(descriptor)
