"""Packages that need setuptools without saying so, as every virtual environment once had it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django_pyz.files.paths import files_below

FIXED, LESS = "setuptools==80.9.0", "setuptools<81"
"""The last line of setuptools that has pkg_resources: the version taken, and what would do."""
_SKIPPED = {"node_modules", "site-packages", "pkg_resources", "setuptools", "distutils", "_distutils_hack"}


def is_needed(folders: tuple[Path, ...], python: str) -> bool:
    """Whether a module imports something of setuptools when it is imported itself.

    Only imports at the beginning of a line count: one in a function or a `try` is not always made.

    Args:
        folders: where to look.
        python: the version of Python, as "3.12"; distutils was part of Python before that one.
    """
    names = ["pkg_resources"] if tuple(map(int, python.split("."))) < (3, 12) else ["pkg_resources", "distutils"]
    pattern = re.compile(
        rf"""^(?:import|from)[ ]+(?:{"|".join(names)})\b|^__import__\(['"]pkg_resources""".encode(), re.MULTILINE
    )
    # Looked for first, as that is fast.
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
