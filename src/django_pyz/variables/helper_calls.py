"""Calls of the project's own functions: their bodies are read with the arguments put in, as they may read variables."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import replace

from django_pyz.variables.source_conditions import raises
from django_pyz.variables.source_expressions import Expressions
from django_pyz.variables.source_values import Function, Holder, Known, Scope, Text, arguments
from django_pyz.variables.variable_kinds import kind_of, kind_of_cast, kind_of_default
from django_pyz.variables.variable_readings import Read, Reading

Run = Callable[[Sequence[ast.stmt], Scope], None]
RESULT = "return"
"""The name, which no source can have, under which a call's scope keeps what the function returns."""
_NOTHING = {"None", "''", "..."}
_CASTS = {"cast", "type", "parser", "typ", "type_", "convert", "coerce"}


def inline(walk: Expressions, call: ast.Call, function: Function, scope: Scope, run: Run) -> Known | None:
    """Read a function's body with the arguments of a call, and give what it returns."""
    names = _parameters(function)
    given = arguments(call, tuple(names))
    inside = function.scope.inner("call")
    for node in (item for item in [*call.args, *(word.value for word in call.keywords)] if item not in given.values()):
        walk.value(node, scope)
    for name, default in names.items():
        kind = kind_of_cast(getattr(function.node, "name", ""))
        inside.names[name] = (
            _argument(walk, given[name], scope, kind) if name in given else _known(walk, default, name, inside)
        )
    if function.is_method:
        inside.names[_all_parameters(function)[0].arg] = Holder("self", function.scope)
    start = len(walk.found.readings)
    body = function.node.body
    if isinstance(body, ast.expr):
        inside.names[RESULT] = walk.value(body, inside) or Known(RESULT)
    else:
        run(body, inside)
    for reading in walk.found.readings[start:]:
        if reading.is_helped:
            _complete(reading, function, given, inside)
    return _result(inside.names.get(RESULT), call)


def _result(known: Known | None, call: ast.Call) -> Known | None:
    if isinstance(known, Read):
        return replace(known, source=ast.unparse(call))
    return known if type(known) is not Known else None


def _all_parameters(function: Function) -> list[ast.arg]:
    given = function.node.args
    return [*given.posonlyargs, *given.args]


def _parameters(function: Function) -> dict[str, ast.expr | None]:
    """The parameters of a function that a call gives, and their defaults."""
    given = function.node.args
    places = _all_parameters(function)
    defaults = [None] * (len(places) - len(given.defaults)) + [*given.defaults]
    names = {place.arg: default for place, default in zip(places, defaults, strict=True)}
    names |= {place.arg: default for place, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)}
    return dict(list(names.items())[1:]) if function.is_method else names


def _argument(walk: Expressions, node: ast.expr, scope: Scope, kind: str) -> Known:
    """What is known of an argument; a text remembers where it was handed in."""
    known = walk.value(node, scope, kind)
    if isinstance(known, Text) and known.place is None:
        return replace(known, place=(scope.path, node.lineno))
    if known is None or isinstance(known, Read):
        return Known(ast.unparse(node))
    return known


def _known(walk: Expressions, default: ast.expr | None, name: str, scope: Scope) -> Known:
    if default is None:
        return Known(name)
    return walk.value(default, scope) or Known(ast.unparse(default))


def _complete(reading: Reading, function: Function, given: dict[str, ast.expr], inside: Scope) -> None:
    """Say what a helper function adds to the reading inside it: a default of its own, a type, an error."""
    names = _parameters(function)
    if reading.default is None or reading.default in _NOTHING:
        parameter = _default_parameter(function)
        insists = _insists(function, inside)
        if parameter and (parameter in given or not (insists and _is_nothing(names[parameter]))):
            reading.default = inside.names[parameter].source
        elif insists:
            reading.default = None
    cast = next((given[name] for name in names if name in _CASTS and name in given), None)
    returns = getattr(function.node, "returns", None)
    told = kind_of(cast) or kind_of_cast(getattr(function.node, "name", "")) or kind_of(returns)
    if told and (reading.kind in {"", "text"} or told != "text"):
        reading.kind = told
    reading.kind = reading.kind or kind_of_default(reading.default)


def _default_parameter(function: Function) -> str:
    """The parameter that stands for the value of an unset variable; "" where there is none."""
    for name in _parameters(function):
        if "default" in name or "fallback" in name:
            return name
    second = [item.arg for item in _all_parameters(function)][1 + function.is_method : 2 + function.is_method]
    return next((name for name in second if name not in _CASTS and not _is_flag(name)), "")


def _is_flag(name: str) -> bool:
    return any(word in name for word in ("required", "optional", "raise", "strict", "prefix", "allow", "sep", "delim"))


def _is_nothing(node: ast.expr | None) -> bool:
    """Whether a parameter's default says that none is given: None, ..., or a mark such as NOTSET."""
    if isinstance(node, ast.Constant):
        return node.value in (None, ...)
    return isinstance(node, ast.Name | ast.Attribute)


def _insists(function: Function, inside: Scope) -> bool:
    """Whether a function raises an error where the variable is missing."""
    if any(inside.names[name].source == "False" for name in _parameters(function) if "required" in name):
        return False
    if any(inside.names[name].source == "True" for name in _parameters(function) if "optional" in name):
        return False
    told = {name for name, known in inside.names.items() if isinstance(known, Read) or "default" in name}
    return not isinstance(function.node, ast.Lambda) and raises(function.node.body, told)
