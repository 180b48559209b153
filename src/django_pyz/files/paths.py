"""Files below a folder, paths that patterns name, and the first bytes of a file."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def files_below(folder: Path) -> list[str]:
    """The paths of all files below a folder, relative to it, sorted; links to folders are not followed."""
    return sorted(_below(os.fspath(folder), ""))


def _below(folder: str, prefix: str) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{prefix}{entry.name}/")
            elif entry.is_file():
                yield prefix + entry.name


def folders_of(paths: Iterable[str]) -> list[str]:
    """The folders of files, and those above, parents first."""
    found: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) and path not in found:
            found.add(path)
    return sorted(found)


def matches(relative: str, patterns: Iterable[str]) -> bool:
    """Whether a path or a folder above it equals a pattern, or the path matches it as in a shell.

    Args:
        relative: the path, relative to the project, separated by "/".
        patterns: a star matches any text, including "/".
    """
    return any(
        relative == pattern or fnmatch.fnmatch(relative, pattern) or relative.startswith(pattern.rstrip("/") + "/")
        for pattern in patterns
    )


def beginning(path: Path, size: int) -> bytes:
    """The first bytes of a regular file; none if it cannot be read, which copying it will report."""
    if not path.is_file():
        # open() blocks on a pipe, and a device may never end.
        return b""
    try:
        with path.open("rb") as file:
            return file.read(size)
    except OSError:
        return b""
