"""Reads dependencies, groups and indexes from poetry's tables in pyproject.toml and poetry.lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_pyz.dependencies.locks.constraints import to_specifiers
from django_pyz.dependencies.locks.wanted import elsewhere, index_lines, line, parse_requirement, with_extras
from django_pyz.toml_files import Pyproject


@dataclass(frozen=True)
class Dependency:
    """One dependency.

    Attributes:
        name: as written.
        constraint: the versions, in poetry's notation.
        marker: when it applies.
        extras: the requested ones.
        is_optional: whether only an extra installs it.
        source: git, url or path, if it does not come from an index.
    """

    name: str
    constraint: str
    marker: str
    extras: tuple[str, ...]
    is_optional: bool
    source: Mapping[str, Any]

    def as_line(self, folder: Path) -> str:
        """A requirement line, with paths relative to a folder. Of several alternatives it takes the last one."""
        source = self.source
        revision = source.get("rev") or source.get("tag") or source.get("branch") or ""
        if found := elsewhere(self.name, source, folder, revision, self.marker):
            return found
        return line(with_extras(self.name, self.extras) + to_specifiers(self.constraint)[-1], marker=self.marker)


def from_table(table: Mapping[str, Any]) -> Iterator[Dependency]:
    """The dependencies of a table, whose values are constraints, tables, or lists of these; python is skipped."""
    for name, value in table.items():
        if name.lower() == "python":
            continue
        for entry in value if isinstance(value, list) else [value]:
            details = entry if isinstance(entry, Mapping) else {"version": entry}
            yield Dependency(
                name,
                details.get("version", "*"),
                _marker(details),
                tuple(details.get("extras", ())),
                bool(details.get("optional")),
                details,
            )


def from_requirement(text: str, where: Path) -> Dependency:
    """The dependency that a requirement describes.

    Raises:
        UserError: it is not a requirement (PEP 508).
    """
    requirement = parse_requirement(text, where)
    marker = str(requirement.marker or "")
    extras = tuple(sorted(requirement.extras))
    return Dependency(requirement.name, str(requirement.specifier) or "*", marker, extras, False, {})


def poetry_groups(pyproject: Pyproject) -> dict[str, list[Dependency]]:
    """The groups in poetry's own tables, including the dev group of older versions."""
    tables = {name: group.get("dependencies", {}) for name, group in pyproject.poetry.get("group", {}).items()}
    if "dev-dependencies" in pyproject.poetry:
        tables["dev"] = {**pyproject.poetry["dev-dependencies"], **tables.get("dev", {})}
    return {name: list(from_table(table)) for name, table in tables.items()}


def poetry_indexes(pyproject: Pyproject) -> tuple[str, ...]:
    """Option lines for poetry's sources: a default or primary one replaces PyPI."""
    sources = pyproject.poetry.get("source", [])
    urls = [item["url"] for item in sources if item.get("url")]
    first = [item["url"] for item in sources if item.get("default") or item.get("priority") == "default"]
    return index_lines([*(first or ["https://pypi.org/simple"]), *urls])


def _marker(details: Mapping[str, Any]) -> str:
    parts = [details.get("markers", "")]
    if python := details.get("python"):
        parts.append(_python_marker(python))
    if platform := details.get("platform"):
        parts.append(f'sys_platform == "{platform}"')
    given = [part for part in parts if part]
    return given[0] if len(given) == 1 else " and ".join(f"({part})" for part in given)


def _python_marker(constraint: str) -> str:
    """A constraint on Python as a marker; poetry compares the full version if the constraint has three numbers."""
    alternatives = []
    for specifiers in to_specifiers(constraint):
        terms = []
        for text in filter(None, specifiers.split(",")):
            version = text.lstrip("~=!<>")
            name = "python_full_version" if version.count(".") > 1 and "*" not in version else "python_version"
            terms.append(f'{name} {text.removesuffix(version)} "{version}"')
        if not terms:
            return ""
        alternatives.append(" and ".join(terms))
    return " or ".join(alternatives)
