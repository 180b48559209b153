"""Finds modules on disk as an import would, and those that look like settings."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

_SKIPPED = {"node_modules", "tests", "test", "docs", "site-packages"}
_SETTINGS = re.compile(rb"^INSTALLED_APPS\b[^=\n]*=|^from +\.\S* +import +\*", re.MULTILINE)


class Module(NamedTuple):
    """A module on disk.

    Attributes:
        name: dotted.
        path: of its file.
    """

    name: str
    path: Path


def module_file(module: str, import_roots: Sequence[Path]) -> Path | None:
    """The file of a module, found as an import would; None if there is none."""
    for root in import_roots:
        path = root.joinpath(*module.split("."))
        # Python prefers the package if both exist.
        for candidate in (path / "__init__.py", path.with_name(path.name + ".py")):
            if candidate.is_file():
                return candidate
    return None


def nearest_module(name: str, settings_module: str, import_roots: Sequence[Path]) -> Module | None:
    """The module of a name, such as wsgi, in the settings' package or one above it; None if there is none.

    If none is there, the only one of that name in the packages of the import roots is taken.
    """
    package = settings_module
    while package:
        package = package.rpartition(".")[0]
        module = f"{package}.{name}".lstrip(".")
        if path := module_file(module, import_roots):
            return Module(module, path)
    elsewhere = {f"{path.parent.name}.{name}": path for root in import_roots for path in root.glob(f"*/{name}.py")}
    return Module(*elsewhere.popitem()) if len(elsewhere) == 1 else None


def settings_modules(import_roots: Sequence[Path]) -> list[str]:
    """The modules that look like Django settings: they set INSTALLED_APPS or import * from another; sorted."""
    return sorted({name for root in import_roots for name in _settings_modules(root)})


def _settings_modules(root: Path) -> Iterator[str]:
    for pattern in ("*settings*.py", "*/*settings*.py", "*/settings/*.py", "*/*/settings/*.py", "*/*/settings.py"):
        for path in root.glob(pattern):
            relative = path.relative_to(root)
            if path.is_file() and not is_skipped(relative) and _SETTINGS.search(path.read_bytes()):
                parts = relative.with_suffix("").parts
                yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def syntax_tree(path: str | Path) -> ast.Module | None:
    """The syntax tree of a file; None if it cannot be read or is not Python."""
    try:
        return ast.parse(Path(path).read_bytes(), path)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def is_skipped(path: Path) -> bool:
    """Whether a relative path is in a folder for tests, docs or third-party packages, or a hidden one."""
    return any(part in _SKIPPED or part.startswith(".") for part in path.parts[:-1])
