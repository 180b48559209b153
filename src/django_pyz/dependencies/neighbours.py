"""Local packages outside the project that its requirements name by path."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

_LINE = re.compile(r"(?P<path>/[^\[;]*?)(?P<rest>\[[^\]]*\].*|\s*;.*|\s+--.*|\s*)")
_NOT_COPIED = shutil.ignore_patterns("node_modules", ".venv", "venv", ".tox", "__pycache__", "build", "*.egg-info")


def copied(lines: Iterable[str], root: Path, folder: Path) -> list[str]:
    """Copy the folders outside the project that lines name: building a package leaves files in its folder.

    Args:
        lines: requirement lines.
        root: the copy of the project.
        folder: where to put the copies.

    Returns:
        The lines, with the paths of the copies.
    """
    return [_copied(line, root, folder) for line in lines]


def _copied(line: str, root: Path, folder: Path) -> str:
    found = _LINE.fullmatch(line)
    if not found:
        return line
    path = Path(found["path"])
    if not path.is_dir() or path.is_relative_to(root) or root.is_relative_to(path):
        return line
    target = folder / path.relative_to("/")
    if not target.exists():
        shutil.copytree(path, target, symlinks=True, ignore=_NOT_COPIED)
    return str(target) + found["rest"]
