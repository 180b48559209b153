"""A reading of a variable, with what the source around it shows: default, conversion, condition.

A path leads from a module's syntax tree down to the reading expression; each part is inside the previous one.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django_pyz.variables.kinds import kind_of_cast, kind_of_name

DEFAULT = re.compile(r"(default(_?val(ue)?)?|fallback|initial|other(wise)?|alt(ernative)?)")
"""Names of parameters for the default of a variable."""
CAST = re.compile(r"cast|type|typ_?|parser|convert|coerce")
_NO_DEFAULT = ("NOTSET", "NO_VALUE", "ndefined", "...")
NOTHING = {None, "None", "''"}
"""Defaults that mean there is none."""
_WIDTH = 80
_YES_AND_NO = {"1", "0", "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n"}
_UNCERTAIN = (
    ast.If,
    ast.IfExp,
    ast.BoolOp,
    ast.Try,
    ast.TryStar,
    ast.Lambda,
    ast.FunctionDef,
    ast.match_case,
)
_OF_ENVIRON = {"get", "getenv", "pop", "setdefault"}
Path = Sequence[ast.AST]


class Reading(NamedTuple):
    """A place that reads a variable.

    Attributes:
        name: of the variable.
        default: the source of its default; None if there is none.
        kind: what its text is converted to; "" if unknown.
        where: file and line, relative to the project, as "shop/settings.py:12".
        condition: when an import reads it, as "if DEBUG"; "" if always.
        is_certain: whether an import always reads it, and fails without it.
    """

    name: str
    default: str | None
    kind: str
    where: str
    condition: str = ""
    is_certain: bool = False


class Span(NamedTuple):
    """The position of an expression: lines from 1, columns from 0 in bytes, as in `code.co_positions`."""

    line: int
    end_line: int
    column: int
    end_column: int


def path_to(tree: ast.AST, span: Span) -> Path:
    """The path to the innermost node that contains a position."""
    path = [tree]
    while inner := next((child for child in ast.iter_child_nodes(path[-1]) if _holds(child, span)), None):
        path.append(inner)
    return path


def _holds(node: ast.AST, span: Span) -> bool:
    if not isinstance(node, ast.expr | ast.stmt):
        return any(_holds(child, span) for child in ast.iter_child_nodes(node))
    start = (node.lineno, node.col_offset)
    end = (node.end_lineno or 0, node.end_col_offset or 0)
    return start <= (span.line, span.column) and (span.end_line, span.end_column) <= end


def shortened(source: str) -> str:
    """Source text on one line, truncated."""
    text = source.replace("\n", " ")
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."


def source(node: ast.AST) -> str:
    """The source text of a node on one line, truncated."""
    return shortened(ast.unparse(node))


def default_of(path: Path, parameters: Sequence[str] = ()) -> str | None:
    """The source of a variable's default; None if there is none.

    Args:
        path: to the expression that reads.
        parameters: of the function that it calls, in order; empty if unknown.
    """
    node = path[-1]
    given = _given_default(node, parameters) if isinstance(node, ast.Call) else None
    text = source(given) if given and not ast.unparse(given).endswith(_NO_DEFAULT) else None
    if text in NOTHING and (other := _otherwise(path)):
        return source(other)
    is_asked = isinstance(node, ast.Compare) or function_of_environ(node) in {"get", "getenv"}
    return "None" if text is None and is_asked else text


def function_of_environ(node: ast.AST) -> str:
    """The function of os or os.environ that is called; "" if it is another."""
    match node:
        case ast.Call(func=ast.Attribute(value=holder, attr=name)) if "environ" in ast.unparse(holder):
            return name if name in _OF_ENVIRON else ""
        case ast.Call(func=ast.Name(id="getenv") | ast.Attribute(attr="getenv")):
            return "getenv"
    return ""


def _given_default(call: ast.Call, parameters: Sequence[str]) -> ast.expr | None:
    """The default among the arguments: by its parameter's name, else the first after the name that is not a cast."""
    for word in call.keywords:
        if word.arg and DEFAULT.fullmatch(word.arg):
            return word.value
    places = [index for index, name in enumerate(parameters) if DEFAULT.fullmatch(name)]
    if places:
        return call.args[places[0]] if places[0] < len(call.args) else None
    return next((item for item in call.args[1:] if not kind_of_cast(item)), None)


def parameter_default(tree: ast.AST, line: int) -> str | None:
    """The default value, as source, of a function's parameter for defaults; None if there is none.

    Args:
        tree: the function's module.
        line: the function's first one, including decorators.
    """
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.Lambda):
            continue
        first = node.decorator_list[0] if isinstance(node, ast.FunctionDef) and node.decorator_list else node
        if first.lineno == line:
            positional = [*node.args.posonlyargs, *node.args.args]
            pairs: list[tuple[ast.arg, ast.expr | None]]
            pairs = [*zip(reversed(positional), reversed(node.args.defaults), strict=False)]
            pairs += zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
            return next((source(value) for item, value in pairs if value and DEFAULT.fullmatch(item.arg)), None)
    return None


def _otherwise(path: Path) -> ast.expr | None:
    """The alternative value in the source, if any: by `or`, in another branch, or in an exception handler."""
    for parent, child in _upwards(path):
        match parent:
            case ast.BoolOp(op=ast.Or(), values=[first, *_, last]) if first is child:
                return last if isinstance(child, ast.Call | ast.Subscript) else None
            case ast.IfExp(test=test, body=body, orelse=orelse):
                return body if child is orelse or (child is test and _denies(test)) else orelse
            case ast.If(test=test, body=body, orelse=orelse):
                return _outcome(body if child in orelse or (child is test and _denies(test)) else orelse)
            case ast.Try(body=body, handlers=handlers) if child in body:
                outcomes = (_outcome(item.body) for item in handlers if "Import" not in ast.unparse(item.type or item))
                return next(filter(None, outcomes), None)
            case ast.Dict() | ast.List() | ast.Tuple():
                return None
    return None


def _denies(test: ast.AST) -> bool:
    return any(isinstance(node, ast.Not | ast.NotIn | ast.Is) for node in ast.walk(test))


def _outcome(body: Sequence[ast.stmt]) -> ast.expr | None:
    """The single value of a branch."""
    match body:
        case [ast.Assign(value=value)] | [ast.Return(value=ast.expr() as value)]:
            return value
    return None


def kind_of(path: Path, called: str = "") -> str:
    """The kind that the text is converted to, from the reading function and from what its result is passed to.

    Args:
        path: to the expression that reads.
        called: the name of the called function, if it may be more specific than the caller's.
    """
    node = path[-1]
    told = []
    if isinstance(node, ast.Call):
        told = [kind_of_name(ast.unparse(node.func)), kind_of_name(called)]
        told += [kind_of_cast(word.value) for word in node.keywords if word.arg and CAST.fullmatch(word.arg)]
        told += [kind_of_cast(item) for item in node.args[1:]]
    return next(filter(None, told), "") or _made_of(path)


def _made_of(path: Path) -> str:
    for parent, child in _upwards(path):
        match parent:
            case ast.Call(func=function) if child is not function:
                # bool(text) only tests whether there is a text: that does not make it a boolean.
                if (name := ast.unparse(function)) not in {"bool", "str"}:
                    return kind_of_name(name)
            case ast.Attribute(attr="split" | "splitlines"):
                return "list"
            case ast.Compare():
                texts = {str(node.value).lower() for node in ast.walk(parent) if isinstance(node, ast.Constant)}
                return "bool" if texts & _YES_AND_NO else ""
            case ast.Call() | ast.Attribute() | ast.BoolOp():
                continue
            case _:
                return ""
    return ""


def is_certain(path: Path) -> bool:
    """Whether an import of the module always executes it, and nothing catches its exceptions."""
    managers = [item.context_expr for node in path if isinstance(node, ast.With) for item in node.items]
    is_caught = any("suppress" in ast.unparse(manager) for manager in managers)
    return not is_caught and not any(isinstance(node, _UNCERTAIN) for node in path)


def condition(path: Path) -> str:
    """When an import of the module executes it, as "in later(), if DEBUG"; "" if always."""
    return ", ".join(reversed([text for parent, child in _upwards(path) if (text := _condition(parent, child))]))


def _condition(parent: ast.AST, child: ast.AST) -> str:
    match parent:
        case ast.If(test=test, orelse=[*orelse]) if child is not test:
            return f"if {_not(test) if child in orelse else source(test)}"
        case ast.IfExp(test=test, orelse=orelse) if child is not test:
            return f"if {_not(test) if child is orelse else source(test)}"
        case ast.ExceptHandler(type=error):
            return f"after {source(error) if error else 'an error'}"
        case ast.FunctionDef(name=name, body=body) | ast.AsyncFunctionDef(name=name, body=body) if child in body:
            return f"in {name}()"
        case ast.Lambda(body=body) if child is body:
            return "in a lambda"
    return ""


def _not(test: ast.expr) -> str:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return source(test.operand)
    return f"not {source(test)}" if isinstance(test, ast.Name | ast.Attribute | ast.Call) else f"not ({source(test)})"


def _upwards(path: Path) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Each node with its parent, from the innermost."""
    return zip(reversed(path[:-1]), reversed(path[1:]), strict=True)
