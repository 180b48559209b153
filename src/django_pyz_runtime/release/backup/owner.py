"""What root does in another user's folder for a backup it does in that user's name."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot.trust import user_name
from django_pyz_runtime.data.ownership import Owner, give_to, owner_for
from django_pyz_runtime.errors import UserError


@contextlib.contextmanager
def connecting_as(owner: Owner | None) -> Iterator[None]:
    """Connect as another user in the block, for servers that check the peer of a unix socket (SO_PEERCRED, unix(7)).

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
    """Protect root from foreign paths: files of the site must belong to the owner of its data.

    Args:
        path: of a folder or file, perhaps reached through a link.
        data_dir: the data folder.

    Raises:
        UserError: this is root, and the path belongs to somebody else.
    """
    owner = owner_for(data_dir)[0]
    found = owner_for(path)[0]
    if os.geteuid() == 0 != owner != found and path.is_dir():
        raise UserError(
            f"{path}: belongs to user {user_name(found)}, and the data folder {data_dir} to user {user_name(owner)}",
            hint=f"Give it to user {user_name(owner)}, or run the command as root.",
        )


def make_private(folder: Path) -> None:
    """Create a folder that only its owner may enter; it belongs to the owner of the folder above.

    Raises:
        OSError: it cannot be created, or is a link.
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
