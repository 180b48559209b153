"""What to do about a module that is not among the installed packages: the option that brings it in, where one shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from django_pyz.toml_files import Pyproject

_MISSING = re.compile(r"No module named '?([\w.]+)")
_REQUIREMENT = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")
_LISTS = ("*requirements*.txt", "requirements/*.txt", "*/requirements/*.txt")


def hint(problem: str, root: Path) -> str:
    """The next step where a problem is a missing module; "" where it is none, or one of the project's own.

    Args:
        problem: as Python says it.
        root: the project, or a copy of it.
    """
    if not (missing := _MISSING.search(problem)):
        return ""
    module = missing[1].partition(".")[0]
    if (root / module).is_dir() or (root / f"{module}.py").is_file():
        return ""
    said = f"The module {module} is not among the packages that were installed: "
    if ways := list(dict.fromkeys(_ways(module, root))):
        return f"{said}give {' or '.join(ways)}."
    return (
        f"{said}name the extra or the dependency group that has it with --extras or --groups, or its requirements file "
        "with --requirements; or add it to the project's dependencies."
    )


def _ways(module: str, root: Path) -> Iterator[str]:
    """The options that bring in what looks like the package of a module."""
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
        yield from (f"{option} {key}" for key, lines in lists.items() if names & set(_named(lines)))
    for pattern in _LISTS:
        for path in sorted(root.glob(pattern)):
            if names & set(_named(path.read_text(encoding="utf-8", errors="replace").splitlines())):
                yield f"--requirements {path.relative_to(root)}"


def _table(parent: Any, key: str) -> dict[str, Any]:
    found = parent.get(key, {}) if isinstance(parent, dict) else {}
    return found if isinstance(found, dict) else {}


def _named(lines: Iterable[Any]) -> Iterator[str]:
    """The packages that lines of requirements name."""
    for line in lines:
        if isinstance(line, str) and (found := _REQUIREMENT.match(line)):
            yield canonicalize_name(found[1])
