"""Packages that need setuptools without declaring it, because every virtual environment once had it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django_pyz.files.paths import files_below

FIXED, LESS = "setuptools==80.9.0", "setuptools<81"
"""The last release series of setuptools with pkg_resources: the version to install, and the accepted range."""
_SKIPPED = {"node_modules", "site-packages", "pkg_resources", "setuptools", "distutils", "_distutils_hack"}


def is_needed(folders: tuple[Path, ...], python: str) -> bool:
    """Whether importing a module also imports something from setuptools.

    Only imports at the start of a line count: one in a function or a `try` may never run.

    Args:
        folders: where to look.
        python: the version of Python, as "3.12"; distutils was part of Python before that one.
    """
    names = ["pkg_resources"] if tuple(map(int, python.split("."))) < (3, 12) else ["pkg_resources", "distutils"]
    pattern = re.compile(
        rf"""^(?:import|from)[ ]+(?:{"|".join(names)})\b|^__import__\(['"]pkg_resources""".encode(), re.MULTILINE
    )
    # A fast check first.
    hints = [name.encode() for name in names]
    contents = (content for folder in folders for content in _modules(folder))
    return any(any(hint in content for hint in hints) and pattern.search(content) for content in contents)


def _modules(folder: Path) -> Iterator[bytes]:
    """The contents of the modules below a folder."""
    for path in files_below(folder):
        *folders, name = path.split("/")
        is_skipped = any(part in _SKIPPED or part.startswith(".") for part in folders)
        if name.endswith(".py") and name != "setup.py" and not is_skipped:
            yield (folder / path).read_bytes()
