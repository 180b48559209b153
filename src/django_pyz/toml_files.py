"""TOML files, and pyproject.toml among them."""

from __future__ import annotations

import tomllib
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

    def __init__(self, path: Path) -> None:
        """Read a file.

        Raises:
            UserError: it is no TOML.
        """
        self.path = path
        self.content = read_toml(path)
        tool: dict[str, Any] = self.content.get("tool", {})
        self.project: dict[str, Any] = self.content.get("project", {})
        self.groups: dict[str, Any] = self.content.get("dependency-groups", {})
        self.poetry: dict[str, Any] = tool.get("poetry", {})
        self.uv: dict[str, Any] = tool.get("uv", {})
