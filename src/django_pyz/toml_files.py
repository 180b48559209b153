"""TOML files, and pyproject.toml among them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django_pyz_runtime.errors import UserError


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a file; empty where there is no file.

    Raises:
        UserError: it is no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    except RecursionError:
        raise UserError(f"{path}: cannot be read (lists or tables are nested too deeply)") from None


@dataclass(frozen=True)
class Pyproject:
    """A pyproject.toml; tables that are not in it are empty, and so is one that is not there.

    Attributes:
        path: of the file.
        content: all of it.
        project: [project].
        groups: [dependency-groups].
        poetry: [tool.poetry].
        uv: [tool.uv].
    """

    path: Path
    content: dict[str, Any]
    project: dict[str, Any]
    groups: dict[str, Any]
    poetry: dict[str, Any]
    uv: dict[str, Any]

    @classmethod
    def load(cls, path: Path) -> Pyproject:
        """Read a file.

        Raises:
            UserError: it is no TOML.
        """
        content = read_toml(path)
        project, groups, tool = (_table(path, content, name) for name in ("project", "dependency-groups", "tool"))
        return cls(path, content, project, groups, _table(path, tool, "poetry"), _table(path, tool, "uv"))


def _table(path: Path, parent: dict[str, Any], name: str) -> dict[str, Any]:
    table = parent.get(name, {})
    if not isinstance(table, dict):
        raise UserError(f"{path}: wanted a table [{name}], found {table!r}")
    return table
