"""Classifies paths after following their links."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path

DEAD = "link to nothing"
CIRCLE = "link that leads in a circle"
LOOP = "link to a folder that contains it"
NESTED = "link behind too many other links"
SYSTEM = "link into /proc or /sys"
OUTSIDE = "link out of the project"
_SPECIAL = {
    stat.S_IFIFO: "named pipe",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "device",
    stat.S_IFBLK: "device",
}
ODDITIES = (DEAD, CIRCLE, LOOP, NESTED, SYSTEM, *_SPECIAL.values())
"""Why a path cannot be packed, whatever the options say."""
_MADE_UP = ("/proc", "/sys")
_MOST_LINKS = 3
"""How many links to folders to follow for one file; folders that link to each other would never end."""


def oddity(path: Path) -> str:
    """Why a file cannot be packed; "" for a regular file, a link to one, and errors that reading will report."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        reasons = {errno.ENOENT: DEAD, errno.ENOTDIR: DEAD, errno.ELOOP: CIRCLE}
        return reasons.get(error.errno or 0, "") if path.is_symlink() else ""
    if special := _SPECIAL.get(stat.S_IFMT(mode)):
        return special
    return SYSTEM if path.is_symlink() and _is_made_up(path) else ""


def folder_oddity(path: Path, links: int) -> str:
    """Why a link to a folder is not followed; "" if it is.

    Args:
        path: of the link.
        links: how many other links lead to it.
    """
    if path.resolve() in {parent.resolve() for parent in path.parents}:
        return LOOP
    if links >= _MOST_LINKS:
        return NESTED
    return SYSTEM if _is_made_up(path) else ""


def _is_made_up(path: Path) -> bool:
    return os.path.realpath(path).startswith(tuple(f"{top}/" for top in _MADE_UP)) or str(path.resolve()) in _MADE_UP


def may_come_to_life(root: Path, relative: Path) -> bool:
    """Whether a dead link leads into the project, so that a build command may create its target."""
    target = os.path.normpath(root / relative.parent / os.readlink(root / relative))
    return Path(target).is_relative_to(root)


class Ways:
    """Resolves the paths of one project; caches results for folders."""

    def __init__(self, root: Path, named: Iterable[str]) -> None:
        """Prepare to resolve the paths of a project.

        Args:
            root: its folder.
            named: paths relative to it that may lead outside.
        """
        self._root = root
        self._top = Path(os.path.realpath(root))
        self._named = {parent for name in named for parent in (Path(name), *Path(name).parents)}
        self._found: dict[Path, tuple[Path, Path | None]] = {Path(): (self._top, None)}
        self._allowed = [self._top, *(Path(os.path.realpath(root / name)) for name in self._named)]

    def target(self, relative: Path) -> Path | None:
        """The path in the project that a path leads to; None if it is outside."""
        real, _ = self._look(relative)
        return real.relative_to(self._top) if real.is_relative_to(self._top) else None

    def way_out(self, relative: Path) -> Path | None:
        """The link in a path that leads out of the project without being named; None if there is none."""
        return self._look(relative)[1]

    def _look(self, relative: Path) -> tuple[Path, Path | None]:
        if relative not in self._found:
            real, way_out = self._look(relative.parent)
            path = real / relative.name
            if path.is_symlink():
                path = Path(os.path.realpath(path))
                way_out = way_out or self._way_out(relative, path)
            self._found[relative] = path, way_out
        return self._found[relative]

    def _way_out(self, link: Path, target: Path) -> Path | None:
        return None if any(target.is_relative_to(folder) for folder in self._allowed) else link
