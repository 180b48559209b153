"""Reads a manage.py from its syntax tree; it is never imported."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django_pyz.project.sys_path import import_paths
from django_pyz_runtime.errors import UserError

_VARIABLE = "DJANGO_SETTINGS_MODULE"
_Children = Callable[[ast.AST], Iterator[ast.AST]]
_MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_PLAIN_IMPORTS = {"os", "sys", "django.core.management", "django"}
_PLAIN_CALLS = {"main", "ImportError", "os.environ.setdefault", "execute_from_command_line", "__import__"}


@dataclass(frozen=True)
class ManagePy:
    """Facts about a manage.py, or another module that prepares Django, such as wsgi.py or that of a console script.

    Attributes:
        settings_modules: its values for DJANGO_SETTINGS_MODULE that are literals; sorted. Those for certain command
            lines only, such as `test`, do not count.
        is_plain: whether it does no more than startproject's.
        variables: other environment variables for which it has a literal default.
        first_paths: folders that it puts at the start of sys.path.
        last_paths: folders that it puts at the end.
    """

    settings_modules: tuple[str, ...] = ()
    is_plain: bool = True
    variables: dict[str, str] = field(default_factory=dict)
    first_paths: tuple[Path, ...] = ()
    last_paths: tuple[Path, ...] = ()


def read(path: Path) -> ManagePy:
    """Read a manage.py.

    Raises:
        UserError: it is not Python.
    """
    try:
        tree = ast.parse(path.read_bytes(), str(path))
    except (SyntaxError, ValueError) as error:
        raise UserError(f"{path}: cannot be read as Python ({error})") from None
    modules = _settings_modules(tree, _whatever_the_command_line) or _settings_modules(tree, ast.iter_child_nodes)
    variables = {
        name: str(value.value)
        for name, value in _defaults(tree, _whatever_the_command_line)
        if name != _VARIABLE and isinstance(value, ast.Constant)
    }
    first, last = import_paths(tree, path)
    return ManagePy(tuple(sorted(modules)), _is_plain(tree), variables, tuple(first), tuple(last))


def _settings_modules(tree: ast.Module, children: _Children) -> set[str]:
    found = (value for name, value in _defaults(tree, children) if name == _VARIABLE)
    return {text for value in found for text in _module_names(value, children)}


def _defaults(node: ast.AST, children: _Children) -> Iterator[tuple[str, ast.expr]]:
    """The environment variables that are set, and the expressions for their values."""
    match node:
        case (
            ast.Call(func=ast.Attribute(value=target, attr="setdefault"), args=[ast.Constant(value=str(name)), value])
            | ast.Assign(targets=[ast.Subscript(value=target, slice=ast.Constant(value=str(name)))], value=value)
        ) if ast.unparse(target).endswith("environ"):
            yield name, value
    for child in children(node):
        yield from _defaults(child, children)


def _whatever_the_command_line(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a node, without code for certain command lines only."""
    if isinstance(node, ast.If | ast.IfExp) and "argv" in ast.unparse(node.test):
        yield from node.orelse if isinstance(node.orelse, list) else [node.orelse]
    else:
        yield from ast.iter_child_nodes(node)


def _module_names(node: ast.AST, children: _Children) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and _MODULE.fullmatch(node.value):
        yield node.value
    for child in children(node):
        yield from _module_names(child, children)


def _is_plain(tree: ast.Module) -> bool:
    """Whether all imports, calls and assignments are those of startproject's manage.py."""
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
