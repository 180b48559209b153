"""What settings make of a variable's text, told by names of functions and types, and by defaults."""

from __future__ import annotations

import ast
from collections.abc import Mapping

KINDS = {
    "str": "text",
    "bytes": "text",
    "bool": "bool",
    "int": "int",
    "float": "float",
    "decimal": "float",
    "list": "list",
    "tuple": "list",
    "dict": "dict",
    "json": "json",
    "url": "url",
    "path": "path",
}
_LITERALS = {bool: "bool", int: "int", float: "float", str: "text"}
_CASTS = {
    **KINDS,
    "Decimal": "float",
    "Csv": "list",
    "ListOf": "list",
    "CommaSeparatedStrings": "list",
    "list_of": "list",
    "split": "list",
    "strtobool": "bool",
    "parse_bool": "bool",
    "loads": "json",
    "Path": "path",
    "abspath": "path",
    "expanduser": "path",
    "db_url": "url",
    "urlparse": "url",
    "urlsplit": "url",
}


def kind_of_cast(name: str) -> str:
    """What a function makes of the text that it is given, told by its own name; "" where it does not say."""
    last = name.rpartition(".")[2]
    if last in _CASTS:
        return _CASTS[last]
    if last == "parse" and "url" in name:
        return "url"
    words = last.lower().split("_")
    for word, kind in (("boolean", "bool"), ("flag", "bool"), ("integer", "int"), *KINDS.items()):
        if word in words and kind != "text":
            return kind
    return ""


def kind_of_default(source: str | None) -> str:
    """The kind of value that a default's source text shows; "" where it does not."""
    if source is None:
        return ""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return ""
    if isinstance(value, list | tuple | set):
        return "list"
    return "dict" if isinstance(value, Mapping) else _LITERALS.get(type(value), "")


def kind_of(node: ast.AST | None) -> str:
    """What a cast makes of a text, from its source."""
    match node:
        case ast.Name() | ast.Attribute():
            return kind_of_cast(ast.unparse(node))
        case ast.Call(func=function):
            return kind_of(function)
        case ast.Lambda(body=body):
            return kind_of(body)
        case ast.List() | ast.Tuple():
            return "list"
    return ""
