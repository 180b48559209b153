"""Permissions and groups of files, as findings name them."""

from __future__ import annotations

import grp
import stat
from pathlib import Path


def mode_of(path: Path) -> int:
    """The permissions of a file or folder."""
    return stat.S_IMODE(path.stat().st_mode)


def group_of(path: Path) -> str:
    """The name of the group of a file or folder; its number if it has no name."""
    gid = path.stat().st_gid
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return str(gid)


def has_members(gid: int) -> bool:
    """Whether a group has members besides its own user."""
    try:
        return bool(grp.getgrgid(gid).gr_mem)
    except KeyError:
        return False
