"""Finds environment variables by literal names in the settings' source where the environment is read.

It also covers code that an import does not execute, but only literal names, and readers that it knows by name.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path as FilePath

from django_pyz.variables import reading
from django_pyz.variables.kinds import is_class, kind_of_source
from django_pyz.variables.reading import Path, Reading
from django_pyz.variables.settings_source import Module

_LIBRARIES = {
    *("environ", "decouple", "environs", "envparse", "everett", "prettyconf", "starlette"),
    *("dj_database_url", "django_cache_url", "dj_email_url", "dj_search_url"),
}
_UNNAMED = {"db": "DATABASE_URL", "cache": "CACHE_URL", "email": "EMAIL_URL", "search": "SEARCH_URL"}
_UNNAMED |= {"dj_database": "DATABASE_URL", "django_cache": "CACHE_URL", "dj_email": "EMAIL_URL"}
"""The default variables of functions that read URLs."""
_NAME = re.compile(r"[A-Za-z_]\w*(?<!_)")
_USUAL_NAME = re.compile(r"[A-Z]\w*(?<!_)")
"""A name that ends with an underscore is a prefix."""
_NAME_WORDS = {"key", "var", "name", "option", "item", "env", "variable"}


def look(modules: Sequence[Module], root: FilePath) -> Iterator[Reading]:
    """The variables named in modules, in reading order.

    Args:
        modules: the settings'.
        root: the project's folder, which the places are relative to.
    """
    readers = _readers(modules)
    written = set(_written(modules, readers))
    for module in modules:
        where = module.path.relative_to(root).as_posix() if module.path.is_relative_to(root) else module.path.as_posix()
        # An expression that is too deep ends the search in its module, not the build.
        with suppress(RecursionError):
            for path in _expressions([module.tree], into_functions=module.is_settings):
                if (name := _name(path[-1], readers)) and name not in written:
                    yield _reading(name, where, path)


def _reading(name: str, file: str, path: Path) -> Reading:
    default = reading.default_of(path)
    kind = reading.kind_of(path) or kind_of_source(default)
    place = f"{file}:{getattr(path[-1], 'lineno', 1)}"
    return Reading(name, default, kind, place, reading.condition(path), default is None and reading.is_certain(path))


def _expressions(path: list[ast.AST], *, into_functions: bool) -> Iterator[list[ast.AST]]:
    """The path to each expression, without code that runs only as a script."""
    for child in ast.iter_child_nodes(path[-1]):
        if isinstance(child, ast.If) and "__name__" in ast.unparse(child.test):
            continue
        if into_functions or not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            inner = [*path, child]
            if isinstance(child, ast.expr):
                yield inner
            yield from _expressions(inner, into_functions=into_functions)


def _written(modules: Sequence[Module], readers: set[str]) -> Iterator[str]:
    """The variables that the settings themselves always set."""
    for statement in (statement for module in modules for statement in module.tree.body):
        match statement:
            case ast.Assign(targets=[ast.Subscript(value=holder, slice=ast.Constant(value=str(name)))]):
                if _parts(holder) & readers:
                    yield name


def _readers(modules: Sequence[Module]) -> set[str]:
    """The names of readers of the environment: os.environ, those of libraries, the project's functions and classes."""
    found = {"environ", "getenv"}
    # Twice, because a module may come before the one that it imports a reader from.
    for node in [node for _ in range(2) for module in modules for node in ast.walk(module.tree)]:
        match node:
            case ast.ImportFrom(module=module, names=names) if (module or "").partition(".")[0] in _LIBRARIES:
                found |= {item.asname or item.name for item in names}
            case ast.ImportFrom(names=names) | ast.Import(names=names):
                found |= {item.asname or item.name for item in names if item.name in found | _LIBRARIES}
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _gives_reader(value, found):
                found.add(name)
            case ast.FunctionDef(name=name, args=ast.arguments(args=[_, *_])) | ast.ClassDef(name=name):
                if any(_parts(inner) & found for inner in ast.walk(node)):
                    found.add(name)
    return found


def _gives_reader(value: ast.expr, readers: set[str]) -> bool:
    """Whether an expression yields a reader: a library's, os.environ, or a copy of it."""
    match value:
        case ast.Call(func=function, args=arguments):
            is_named = any(isinstance(item, ast.Constant) for item in arguments) and not is_class(function)
            return bool(_parts(function) & readers and not is_named) or any(
                _parts(item) & readers for item in arguments
            )
        case ast.Dict(keys=keys, values=values):
            return any(key is None and _parts(item) & readers for key, item in zip(keys, values, strict=True))
        case ast.Lambda(body=body):
            return any(_parts(inner) & readers for inner in ast.walk(body))
    return bool(_parts(value) & readers)


def _parts(node: ast.AST) -> set[str]:
    """The parts of a dotted name, also with calls in it."""
    match node:
        case ast.Attribute(value=value, attr=attribute):
            return {attribute, *_parts(value)}
        case ast.Call(func=function):
            return _parts(function)
        case ast.Name(id=name):
            return {name}
    return set()


def _name(node: ast.AST, readers: set[str]) -> str:
    """The variable that an expression reads; "" if it reads none by a literal name."""
    match node:
        case (
            ast.Subscript(value=holder, slice=ast.Constant(value=str(name)), ctx=ast.Load())
            | ast.Compare(left=ast.Constant(value=str(name)), ops=[ast.In() | ast.NotIn()], comparators=[holder])
        ) if _parts(holder) & readers:
            return name if _NAME.fullmatch(name) else ""
        case ast.Call(func=function) if _parts(function) & readers and not is_class(function):
            return _named(node, _parts(function))
    return ""


def _named(call: ast.Call, parts: set[str]) -> str:
    """The variable named in a call."""
    given = [*call.args[:1], *(word.value for word in call.keywords if word.arg in _NAME_WORDS)]
    names = [item.value for item in given if isinstance(item, ast.Constant) and isinstance(item.value, str)]
    if names:
        pattern = _NAME if parts & {"environ", "getenv"} else _USUAL_NAME
        return names[0] if pattern.fullmatch(names[0]) else ""
    kinds = [part.removesuffix("_url") for part in sorted(parts)]
    return next((_UNNAMED[kind] for kind in kinds if kind in _UNNAMED), "") if not call.args else ""
