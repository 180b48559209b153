"""The version of a project, for people: declared by the project, else taken from git."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name

from django_pyz.files import git
from django_pyz.toml_files import Pyproject

_VERSION = re.compile(r"v?([0-9A-Za-z][0-9A-Za-z.!+_~-]*)")
"""Any text that fits into a file name, a package and a log line."""


def find(root: Path, folders: Sequence[Path], site_packages: Path) -> str:
    """The version: [project] version, that of the installed package, else the nearest tag or the date of the commit.

    Args:
        root: the project.
        folders: may have a pyproject.toml; the nearest first.
        site_packages: where the project is installed if it is a package.

    Returns:
        "" if there is none.
    """
    found = (_VERSION.fullmatch(text) for text in (*_declared(folders, site_packages), git.describe(root)))
    return next((match[1] for match in found if match), "")


def _declared(folders: Sequence[Path], site_packages: Path) -> Iterator[str]:
    for folder in folders:
        pyproject = Pyproject(folder / "pyproject.toml")
        for table in (pyproject.project, pyproject.poetry):
            if isinstance(version := table.get("version"), str):
                yield version
            elif isinstance(name := table.get("name"), str):
                yield from _installed(name, site_packages)


def _installed(name: str, site_packages: Path) -> Iterator[str]:
    """The version computed by a package's build backend."""
    wanted = canonicalize_name(name)
    for item in distributions(path=[str(site_packages)]):
        if canonicalize_name(item.metadata["Name"]) == wanted:
            yield item.version
