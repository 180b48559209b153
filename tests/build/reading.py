"""Read dependency files of small trees in the tests of their readers."""

from __future__ import annotations

import sys
from pathlib import Path

from django_pyz.dependencies.locks import readers
from django_pyz.dependencies.locks.wanted import Request, Wanted
from django_pyz.options import Options


def request(root: Path, *files: str, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Request:
    """A request to read files for the Python that runs the tests."""
    options = Options(extras=extras, groups=groups)
    return Request(root, tuple(map(Path, files)), options, Path(sys.executable), root)


def read(root: Path, kind: str, *files: str, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Wanted:
    """What a source asks for."""
    return readers.read(kind, request(root, *(files or (kind,)), extras=extras, groups=groups))


def names(wanted: Wanted) -> list[str]:
    """The lines up to the version or the URL."""
    return [line.partition("==")[0].partition(" ")[0] for line in wanted.lines]
