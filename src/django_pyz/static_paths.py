"""Folders that a module puts on sys.path, worked out from its syntax tree; the module is never imported."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable, Iterator
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


class _Unknown(Exception):
    """An expression of another kind."""


def import_paths(tree: ast.Module, path: Path) -> tuple[list[Path], list[Path]]:
    """The folders that a module adds to sys.path, as far as they follow from `__file__` and literals.

    Functions count as if they were called, in the order of the source.

    Args:
        tree: of the module.
        path: its absolute path.

    Returns:
        Those put in front, first one first, and those put at the end.
    """
    names: dict[str, Any] = {"__file__": str(path)}
    front: list[Path] = []
    back: list[Path] = []
    for node in _in_order(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                names[name] = _worked_out(value, names)
            case ast.Call(func=func, args=[*_, last]) if _is_addition(func):
                found = _worked_out(last, names)
                if not isinstance(found, str | Path):
                    continue
                folder = Path(os.path.normpath(path.parent / found))
                if ast.unparse(func) == "sys.path.insert":
                    front.insert(0, folder)
                else:
                    back.append(folder)
    return front, back


def _in_order(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, each before its children, in the order of the source; ast.walk goes level by level."""
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _in_order(child)


def _is_addition(func: ast.expr) -> bool:
    return ast.unparse(func) in ("sys.path.insert", "sys.path.append", "site.addsitedir")


def _worked_out(node: ast.expr, names: dict[str, Any]) -> Any:
    """The value of an expression; None where it cannot be told."""
    try:
        return _value(node, names)
    except (_Unknown, TypeError, ValueError, IndexError):
        return None


def _value(node: ast.expr, names: dict[str, Any]) -> Any:
    """The text, number or path that an expression stands for.

    Raises:
        _Unknown: it is of a kind that is not worked out here.
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
    raise _Unknown


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
    raise _Unknown
