"""The next step for a module that is not installed: the option that installs it, if one can be found."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from django_pyz.dependencies.locks import requirements_files
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError

_MISSING = re.compile(r"No module named '?([\w.]+)")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LISTS = ("*requirements*.txt", "requirements/*.txt", "*/requirements/*.txt")


def hint(problem: str, root: Path, installed: Sequence[Path] = ()) -> str:
    """The next step if a problem is a missing module; "" if it is not, or if the module is the project's own.

    Args:
        problem: Python's message.
        root: the project, or a copy of it.
        installed: the installed requirements files, relative to it; empty if the list was another kind.
    """
    if not (missing := _MISSING.search(problem)):
        return ""
    module = missing[1].partition(".")[0]
    if (root / module).is_dir() or (root / f"{module}.py").is_file():
        return ""
    said = f"The module {module} is not installed."
    if found := ways(module, root, installed):
        return f"{said} Give {' or '.join(found)}."
    return f"{said} Install it with --extras, --groups or --requirements, or add it to the dependencies."


def ways(module: str, root: Path, installed: Sequence[Path] = ()) -> list[str]:
    """The options that install the likely package of a module, each once."""
    return list(dict.fromkeys(_ways(module, root, installed)))


def _ways(module: str, root: Path, installed: Sequence[Path]) -> Iterator[str]:
    name = canonicalize_name(module)
    names = {name, f"django-{name}", f"python-{name}", f"py{name}"}
    pyproject = Pyproject(root / "pyproject.toml")
    poetry_groups = {group: _table(table, "dependencies") for group, table in _table(pyproject.poetry, "group").items()}
    for option, lists in (
        ("--extras", _table(pyproject.project, "optional-dependencies")),
        ("--extras", _table(pyproject.poetry, "extras")),
        ("--groups", pyproject.groups),
        ("--groups", poetry_groups),
    ):
        yield from (shlex.join([option, key]) for key, lines in lists.items() if names & set(_named(lines)))
    for pattern in _LISTS:
        for path in sorted(root.glob(pattern)):
            if names & set(_named(_lines(path))):
                yield from _by_requirements(path, root, installed)


def _by_requirements(path: Path, root: Path, installed: Sequence[Path]) -> Iterator[str]:
    """The options for a requirements file together with the installed ones, which they would replace."""
    if any(path in _taken_in(root / file) for file in installed):
        # A marker excludes the package.
        return
    taken_in = _taken_in(path)
    files = [*(file for file in installed if root / file not in taken_in), path.relative_to(root)]
    if installed or any("django" in _named(_lines(file)) for file in taken_in):
        yield shlex.join(part for file in files for part in ("--requirements", str(file)))


def _taken_in(path: Path) -> set[Path]:
    """A requirements file and those that it includes."""
    with contextlib.suppress(UserError):
        return requirements_files.included_files(path)
    return {path}


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _table(parent: Any, key: str) -> dict[str, Any]:
    found = parent.get(key, {}) if isinstance(parent, dict) else {}
    return found if isinstance(found, dict) else {}


def _named(lines: Iterable[Any]) -> Iterator[str]:
    """The packages that lines of requirements name."""
    for line in lines:
        if isinstance(line, str) and (found := _REQUIREMENT.match(line)):
            yield canonicalize_name(found[1])
