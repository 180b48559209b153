"""Finds the folders that a module puts on sys.path in its syntax tree; the module is never imported."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

_OS_PATH: dict[str, Callable[..., Any]] = {
    "os.path.join": os.path.join,
    "os.path.dirname": os.path.dirname,
    "os.path.abspath": os.path.normpath,
    "os.path.realpath": os.path.normpath,
    "os.path.normpath": os.path.normpath,
    "os.fspath": os.fspath,
    "str": str,
    "Path": Path,
    "pathlib.Path": Path,
}
_SAME_PATH = {"resolve", "absolute", "as_posix"}


def import_paths(tree: ast.Module, path: Path) -> tuple[list[Path], list[Path]]:
    """The folders that a module adds to sys.path, if they are computed from `__file__` and literals.

    All functions count as called and all branches as taken, in source order.

    Args:
        tree: of the module.
        path: its absolute path.

    Returns:
        Those at the start, in order, and those at the end.
    """
    reader = _Reader(path)
    reader.read(tree)
    return reader.front, reader.back


class _Reader:
    """Evaluates a module; keeps the values of its names."""

    def __init__(self, path: Path) -> None:
        self.front: list[Path] = []
        self.back: list[Path] = []
        self._folder = path.parent
        self._names: dict[str, Any] = {"__file__": str(path)}

    def read(self, node: ast.AST) -> None:
        """Evaluate a part of the module, in source order."""
        match node:
            case ast.For(target=ast.Name(id=name), iter=ast.Tuple(elts=items) | ast.List(elts=items)):
                for item in items:
                    self._names[name] = _evaluated(item, self._names)
                    for statement in node.body:
                        self.read(statement)
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._names[name] = _evaluated(value, self._names)
            case ast.Assign(targets=[target], value=value) if _is_path(target):
                self._assign(target, value)
            case ast.Call(func=func, args=[*_, last]):
                self._call(ast.unparse(func), last)
        for child in ast.iter_child_nodes(node):
            self.read(child)

    def _assign(self, target: ast.expr, value: ast.expr) -> None:
        """`sys.path = [...] + sys.path`, the other way round, and `sys.path[0:0] = [...]`."""
        match value:
            case ast.BinOp(left=ast.List(elts=items), op=ast.Add()):
                self._add(items, in_front=True)
            case ast.BinOp(op=ast.Add(), right=ast.List(elts=items)):
                self._add(items, in_front=False)
            case ast.List(elts=items) if isinstance(target, ast.Subscript):
                self._add(items, in_front=True)

    def _call(self, function: str, argument: ast.expr) -> None:
        match function, argument:
            case "sys.path.extend", ast.List(elts=items) | ast.Tuple(elts=items):
                self._add(items, in_front=False)
            case "sys.path.insert", _:
                self._add([argument], in_front=True)
            case "sys.path.append" | "site.addsitedir", _:
                self._add([argument], in_front=False)

    def _add(self, items: list[ast.expr], *, in_front: bool) -> None:
        found = (_evaluated(item, self._names) for item in items)
        folders = [Path(os.path.normpath(self._folder / item)) for item in found if isinstance(item, str | Path)]
        if in_front:
            self.front[:0] = folders
        else:
            self.back += folders


def _is_path(target: ast.expr) -> bool:
    """Whether an expression is sys.path, or a slice of it."""
    return ast.unparse(target.value if isinstance(target, ast.Subscript) else target) == "sys.path"


def _evaluated(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of an expression; None if it is unknown."""
    try:
        return _value(node, names)
    except (TypeError, ValueError, IndexError):
        return None


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    """The text, number or path that an expression evaluates to.

    Raises:
        ValueError: it is of another kind.
    """
    match node:
        case ast.Constant(value=str() | int() as value):
            return value
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.Attribute(value=ast.Name(id="os"), attr="pardir" | "curdir" | "sep" as attribute):
            return getattr(os, attribute)
        case ast.Attribute(value=inner, attr="parent"):
            return Path(_value(inner, names)).parent
        case ast.Subscript(value=ast.Attribute(value=inner, attr="parents"), slice=index):
            return Path(_value(inner, names)).parents[_value(index, names)]
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            return Path(_value(left, names)) / _value(right, names)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, names) + _value(right, names)
        case ast.JoinedStr(values=parts):
            return "".join(str(_value(part, names)) for part in parts)
        case ast.FormattedValue(value=inner):
            return _value(inner, names)
        case ast.Call(func=func, args=arguments):
            return _call(func, arguments, names)
    raise ValueError(f"{ast.unparse(node)}: unknown")


def _call(func: ast.expr, arguments: list[ast.expr], names: dict[str, Any]) -> Any:
    called = ast.unparse(func)
    if called in ("os.getcwd", "Path.cwd", "pathlib.Path.cwd"):
        return os.path.dirname(names["__file__"])
    # abspath(...), as imported from os.path
    full = called if called in _OS_PATH else f"os.path.{called}"
    if full in _OS_PATH:
        return _OS_PATH[full](*(_value(argument, names) for argument in arguments))
    match func:
        case ast.Attribute(value=inner, attr=method) if method in _SAME_PATH:
            return Path(os.path.normpath(_value(inner, names)))
        case ast.Attribute(value=inner, attr="joinpath"):
            return Path(_value(inner, names)).joinpath(*(_value(argument, names) for argument in arguments))
    raise ValueError(f"{called}: unknown")
