"""Selects the reader for each kind of source."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise

from packaging.version import Version

from django_pyz.dependencies.locks import pipfile_lock, poetry_lock, pylock, pyproject, requirements_files, uv_lock
from django_pyz.dependencies.locks.target import ask
from django_pyz.dependencies.locks.wanted import Request, Wanted, check_known, with_extras
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError


def read(kind: str, request: Request) -> Wanted:
    """The dependencies in a source of a kind.

    Raises:
        UserError: it cannot be read, or lacks a requested extra or group.
    """
    try:
        return READERS[kind](request)
    except _MISSHAPEN as error:
        # A ValueError may quote a piece of an index's URL, and so its password.
        what = type(error).__name__ + ("" if isinstance(error, ValueError) else f": {error}")
        raise UserError(f"{request.file}: is not a valid {kind} file ({what})") from error


def read_for_patch_releases(kind: str, request: Request) -> Iterator[str]:
    """The requirements for each patch release in a lock whose reader drops those for other Pythons.

    Args:
        kind: of the source.
        request: the one that was read.

    Yields:
        Requirements, each with a marker for its patch releases.
    """
    if kind not in _SELECTIVE:
        return
    major, minor, *_ = Version(ask(request.python).version).release
    text = "".join(path.read_text(encoding="utf-8") for path in {request.file, request.pyproject} if path.is_file())
    named = {int(patch) for patch in re.findall(rf"(?<![\d.]){major}\.{minor}\.(\d+)", text)}
    starts = sorted({0, *named, *(patch + 1 for patch in named)})
    for start, end in pairwise((*starts, _END)) if named else ():
        first, last = f"{major}.{minor}.{start}", f"{major}.{minor}.{end - 1}"
        marker = f'python_full_version >= "{first}" and python_full_version <= "{last}"'
        # A source that does not support such a Python reports that itself.
        with contextlib.suppress(UserError):
            for line in read(kind, replace(request, version=first)).all_lines:
                yield f"{line.partition(' --hash')[0]} ; {marker}"


def _requirements(request: Request) -> Wanted:
    """The files, and the extras and groups in the project's pyproject.toml."""
    wanted = requirements_files.read([request.root / file for file in request.files], request.root)
    lines = (*wanted.lines, *pyproject.chosen(Pyproject(request.root / "pyproject.toml"), request.options))
    return Wanted(lines, wanted.index_lines)


def _setup(request: Request) -> Wanted:
    """The project itself; the installer finds its dependencies."""
    check_known("group", request.options.groups, (), request.file)
    return Wanted((with_extras(str(request.folder), request.options.extras),))


_MISSHAPEN = (AttributeError, LookupError, TypeError, ValueError)
"""The errors from a table in place of a list, or from a missing name."""
_SELECTIVE = ("poetry.lock", "pylock.toml")
"""Their readers select packages by marker; the lines of the others keep their markers."""
_END = 100
"""No Python has that many patch releases."""
READERS: Mapping[str, Callable[[Request], Wanted]] = {
    "uv.lock": uv_lock.read,
    "pylock.toml": pylock.read,
    "poetry.lock": poetry_lock.read,
    "Pipfile.lock": pipfile_lock.read,
    "requirements": _requirements,
    "pyproject.toml": pyproject.read,
    "setup.cfg": _setup,
    "setup.py": _setup,
}
"""In search order."""
