"""Infers what settings convert a variable's text to, from names of functions and types, and from values."""

from __future__ import annotations

import ast
import re

_WORDS = {
    **dict.fromkeys(("bool", "boolean", "flag", "strtobool"), "bool"),
    **dict.fromkeys(("int", "integer"), "int"),
    **dict.fromkeys(("float", "decimal"), "float"),
    **dict.fromkeys(("list", "tuple", "set", "sequence", "csv", "split", "splitlines"), "list"),
    **dict.fromkeys(("json", "loads"), "json"),
    **dict.fromkeys(("url", "dsn", "urlparse", "urlsplit"), "url"),
    **dict.fromkeys(("path", "abspath", "expanduser"), "path"),
    "dict": "dict",
}
_NAMES = {"str": "text", "bytes": "text", "secretstr": "text", "db": "url", "listof": "list"}
_NAMES["commaseparatedstrings"] = "list"
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")


def kind_of_name(name: str) -> str:
    """The kind that a function or type converts a text to, by its name; "" if unknown."""
    last = name.rpartition(".")[2]
    if last in {"parse", "config"} and "url" in name:
        return "url"
    words = [word.lower() for word in _WORD.findall(last)]
    return _NAMES.get(last.lower()) or next((_WORDS[word] for word in reversed(words) if word in _WORDS), "")


def kind_of_cast(node: ast.AST) -> str:
    """The kind that an argument converts a text to, if it is a function or a type; else ""."""
    match node:
        case ast.Name() | ast.Attribute():
            return kind_of_name(ast.unparse(node))
        case ast.Lambda(body=ast.Call(func=function)):
            return kind_of_cast(function)
        case ast.Call(func=function) if is_class(function):
            return kind_of_cast(function)
    return ""


def is_class(function: ast.AST) -> bool:
    """Whether a callable is a class, by its name."""
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    return name[:1].isupper()


def kind_of_source(default: str | None) -> str:
    """The kind of a default, from its source text; "" if unknown."""
    try:
        return kind_of_value(ast.literal_eval(default or "None"))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""


def kind_of_value(value: object) -> str:
    """The kind of a value, from its type; "" if unknown."""
    return kind_of_name(type(value).__name__) if value is not None else ""
