"""What a manage.py says, read from its syntax tree; it is never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django_pyz.errors import BuildError

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_PLAIN_IMPORTS = {"os", "sys", "django.core.management", "django"}
_PLAIN_CALLS = {"main", "ImportError", "os.environ.setdefault", "execute_from_command_line", "__import__"}


@dataclass(frozen=True)
class ManagePy:
    """Facts about a manage.py.

    Attributes:
        settings_modules: what it may take for DJANGO_SETTINGS_MODULE, as far as it names them as literals; sorted.
        is_plain: whether it does no more than the one that startproject writes.
    """

    settings_modules: tuple[str, ...]
    is_plain: bool


def read(path: Path) -> ManagePy:
    """Read a manage.py.

    Raises:
        BuildError: it is no Python.
    """
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        raise BuildError(f"{path}: cannot be read as Python ({error})") from None
    return ManagePy(tuple(sorted(set(_settings_modules(tree)))), _is_plain(tree))


def _settings_modules(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), ast.Constant(value=str(module))]
            ) if name == _VARIABLE:
                yield module
            case ast.Assign(
                targets=[ast.Subscript(slice=ast.Constant(value=name))], value=ast.Constant(value=str(module))
            ) if name == _VARIABLE:
                yield module


def _is_plain(tree: ast.Module) -> bool:
    """Whether nothing is imported, called or assigned but what startproject's manage.py imports, calls and assigns."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names) if any(name.name not in _PLAIN_IMPORTS for name in names):
                return False
            case ast.ImportFrom(module=module) if module not in _PLAIN_IMPORTS:
                return False
            case ast.Call(func=func) if ast.unparse(func) not in _PLAIN_CALLS:
                return False
            case ast.Call(func=ast.Attribute(attr="setdefault"), args=[ast.Constant(value=name), *_]) if (
                name != _VARIABLE
            ):
                return False
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Delete() | ast.For() | ast.While() | ast.With():
                return False
    return True
