"""Calls in source that is read, not run: of libraries, of the project's own functions and classes, of built-ins."""

from __future__ import annotations

import ast
from collections.abc import Callable

from django_pyz.variables.helper_calls import Run, inline
from django_pyz.variables.library_calls import library_call, read_arguments
from django_pyz.variables.source_expressions import Expressions
from django_pyz.variables.source_texts import text_method
from django_pyz.variables.source_values import Function, Holder, Known, Scope, Symbol
from django_pyz.variables.variable_kinds import kind_of_cast

_DEPTH = 6
# Helpers that read variables are small; a call that leads far into a project is not followed to its end.
_STEPS = 1500


class Calls:
    """Understands calls.

    Attributes:
        seen: the functions of the project that were called.
    """

    def __init__(self, run: Run, include: Callable[[ast.Call, Scope], None]) -> None:
        self.seen: set[ast.AST] = set()
        self._run = run
        self._include = include
        self._depth = 0

    def __call__(
        self, walk: Expressions, call: ast.Call, function: Known | None, scope: Scope, kind: str
    ) -> Known | None:
        if isinstance(function, Holder):
            inner = "__init__" if function.is_class else "__call__"
            method = function.scope.names.get(inner)
            if isinstance(method, Function):
                result = self._inline(walk, call, method, scope)
            else:
                result = None
                read_arguments(walk, call, scope, "")
            return Holder(function.source, function.scope) if function.is_class else result
        if isinstance(function, Symbol):
            self._include(call, scope)
            return library_call(walk, call, function, scope, kind)
        if isinstance(function, Function):
            before = len(walk.found.readings)
            result = self._inline(walk, call, function, scope)
            for reading in walk.found.readings[before:]:
                reading.kind = reading.kind or (kind if reading.is_helped else "")
            return result
        return _other_call(walk, call, scope, kind)

    def _inline(self, walk: Expressions, call: ast.Call, function: Function, scope: Scope) -> Known | None:
        self.seen.add(function.node)
        if self._depth >= _DEPTH:
            read_arguments(walk, call, scope, "")
            return None
        if not self._depth:
            walk.limit = walk.steps + _STEPS
        self._depth += 1
        try:
            return inline(walk, call, function, scope, self._run)
        finally:
            self._depth -= 1
            if not self._depth:
                walk.limit = None


def _other_call(walk: Expressions, call: ast.Call, scope: Scope, kind: str) -> Known | None:
    """A call of a built-in function, a text's method, or something unknown."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    # bool(text) asks whether there is one: that does not make the text a yes or no.
    told = "" if name == "bool" else kind_of_cast(name)
    given = read_arguments(walk, call, scope, "bool" if kind == "bool" and told else told)
    match call.func:
        # A plain name or text reads nothing, so that it can be looked at again.
        case ast.Attribute(value=ast.Name() | ast.Constant() as text):
            return text_method(walk.value(text, scope), name, given, ast.unparse(call))
    return given[0] if name in {"dict", "str", "list", "tuple"} and len(given) == 1 else None
