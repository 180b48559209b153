"""TOML files, and pyproject.toml among them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from django_pyz_runtime.errors import UserError


def read_toml(path: Path) -> dict[str, Any]:
    """The content of a file; empty if it does not exist.

    Raises:
        UserError: it is not TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    except RecursionError:
        raise UserError(f"{path}: cannot be read (lists or tables are nested too deeply)") from None


class Pyproject:
    """A pyproject.toml; missing tables are empty, and so is a missing file.

    Attributes:
        path: of the file.
        content: all of it.
        project: [project].
        groups: [dependency-groups].
        poetry: [tool.poetry].
        uv: [tool.uv].
    """

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            UserError: it is not TOML.
        """
        self.path = path
        self.content = read_toml(path)
        tool = self._table(self.content, "tool")
        self.project = self._table(self.content, "project")
        self.groups = self._table(self.content, "dependency-groups")
        self.poetry = self._table(tool, "poetry")
        self.uv = self._table(tool, "uv")

    def _table(self, parent: dict[str, Any], name: str) -> dict[str, Any]:
        table = parent.get(name, {})
        if not isinstance(table, dict):
            raise UserError(f"{self.path}: wanted a table [{name}], found {table!r}")
        return table
