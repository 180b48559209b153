"""Statements of source that is read, not run: names are bound, variables that are read are noted."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from django_pyz.variables.environment_readers import instance_of
from django_pyz.variables.helper_calls import RESULT
from django_pyz.variables.settings_classes import BASES, read_fields
from django_pyz.variables.source_calls import Calls
from django_pyz.variables.source_conditions import catches_missing, gives_up, holds, is_negative, outcome
from django_pyz.variables.source_expressions import Expressions
from django_pyz.variables.source_modules import Modules
from django_pyz.variables.source_values import Function, Holder, Known, Scope, Symbol
from django_pyz.variables.variable_readings import Read, Reading


class Statements:
    """Reads statements.

    Attributes:
        expressions: reads expressions, and holds what was found.
        modules: reads the modules that are imported.
    """

    def __init__(self, files: dict[str, Path], settings_module: str) -> None:
        self.modules = Modules(files, settings_module, self.run)
        self._calls = Calls(self.run, self.modules.include)
        self.expressions = Expressions(self._calls)
        self._functions: list[Function] = []

    def read_uncalled(self) -> None:
        """Read the functions of the settings' own modules that nothing called so far."""
        for function in self._functions:
            if function.scope.module in self.modules.settings and function.node not in self._calls.seen:
                self._calls.seen.add(function.node)
                if not isinstance(function.node, ast.Lambda):
                    self.run(function.node.body, _unbound(function))

    def run(self, statements: Sequence[ast.stmt], scope: Scope) -> None:
        """Read statements in order."""
        for statement in statements:
            self._statement(statement, scope)

    def _statement(self, node: ast.stmt, scope: Scope) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.modules.import_names(node, scope)
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                self._assign(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, scope)
            case ast.ClassDef():
                self._class(node, scope)
            case ast.If():
                self._if(node, scope)
            case ast.For():
                for _ in self.expressions.each(node.target, self.expressions.value(node.iter, scope), scope):
                    self.run(node.body, scope)
                self.run(node.orelse, scope)
            case ast.With():
                self._with(node, scope)
            case ast.Try() | ast.TryStar():
                self._try(node, scope)
            case ast.Return(value=value) if value:
                found = self.expressions.value(value, scope)
                if RESULT not in scope.names and found:
                    scope.names[RESULT] = found
            case _:
                self._other(node, scope)

    def _other(self, node: ast.AST, scope: Scope) -> None:
        for child in ast.iter_child_nodes(node):
            match child:
                case ast.stmt():
                    self._statement(child, scope)
                case ast.expr():
                    self.expressions.value(child, scope)
                case _:
                    self._other(child, scope)

    def _assign(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, scope: Scope) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        outer = self.expressions.target
        self.expressions.target = targets[0].id if isinstance(targets[0], ast.Name) else ""
        value = self.expressions.value(node.value, scope) if node.value else None
        self.expressions.target = outer
        if node.value is None:
            return
        for target in targets:
            self.expressions.bind(target, None if isinstance(node, ast.AugAssign) else value, scope)

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope) -> None:
        decorators = {ast.unparse(item) for item in node.decorator_list}
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.expressions.value(default, scope)
        is_method = scope.kind == "class" and "staticmethod" not in decorators and bool(node.args.args)
        scope.names[node.name] = function = Function(node.name, node, scope, is_method)
        self._functions.append(function)

    def _class(self, node: ast.ClassDef, scope: Scope) -> None:
        inside = scope.inner("class")
        is_settings = False
        library: Symbol | None = None
        for base in node.bases:
            match self.expressions.value(base, scope):
                case Symbol() as symbol if symbol.name in BASES:
                    is_settings = True
                case Symbol() as symbol if instance_of(symbol.name) or symbol.name.startswith("configurations.values."):
                    library = symbol
                case Holder() as holder if holder.is_class:
                    is_settings = is_settings or holder.is_settings_class
                    inside.names.update(holder.scope.names)
        if is_settings:
            read_fields(self.expressions, node, inside)
        else:
            self.run(node.body, inside)
        scope.names[node.name] = library or Holder(node.name, inside, True, is_settings)

    def _if(self, node: ast.If, scope: Scope) -> None:
        if (known := holds(node.test, scope)) is not None:
            self.run(node.body if known else node.orelse, scope)
            return
        start = len(self.expressions.found.readings)
        names = self.expressions.test(node.test, scope)
        inside, outside = (node.orelse, node.body) if is_negative(node.test) else (node.body, node.orelse)
        if is_negative(node.test) and isinstance(node.body[-1], ast.Raise):
            self._require(node.test, self.expressions.found.readings[start:], scope)
        for body in (node.body, node.orelse):
            with ExitStack() as stack:
                if body is inside:
                    stack.enter_context(self.expressions.found.guarded(names, outcome(outside)))
                self.run(body, scope)

    def _require(self, test: ast.expr, tested: list[Reading], scope: Scope) -> None:
        """Where the source raises an error for a missing variable, it must be set."""
        if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
            return
        parts = [scope.get(part.id) for part in ast.walk(test) if isinstance(part, ast.Name)]
        for reading in [*tested, *(item.reading for item in parts if isinstance(item, Read))]:
            if reading.default in {"None", "''"}:
                reading.default = None

    def _with(self, node: ast.With, scope: Scope) -> None:
        before = dict(scope.names)
        changed: list[str] = []
        for item in node.items:
            known = self.expressions.value(item.context_expr, scope)
            match item.context_expr:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="prefixed")) if isinstance(
                    known, Symbol
                ):
                    scope.names[name] = known
                    changed.append(name)
            if item.optional_vars:
                self.expressions.bind(item.optional_vars, known, scope)
        with ExitStack() as stack:
            if any("suppress" in ast.unparse(item.context_expr) for item in node.items):
                stack.enter_context(self.expressions.found.guarded(None, "None"))
            self.run(node.body, scope)
        for name in changed:
            if name in before:
                scope.names[name] = before[name]
            else:
                del scope.names[name]

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope) -> None:
        with ExitStack() as stack:
            for handler in node.handlers:
                if catches_missing(handler) and not gives_up(handler):
                    stack.enter_context(self.expressions.found.guarded(None, outcome(handler.body)))
            self.run(node.body, scope)
        for handler in node.handlers:
            self.run(handler.body, scope)
        self.run([*node.orelse, *node.finalbody], scope)


def _unbound(function: Function) -> Scope:
    scope = function.scope.inner("call")
    given = function.node.args
    for place in [*given.posonlyargs, *given.args, *given.kwonlyargs]:
        scope.names[place.arg] = Known(place.arg)
    return scope
