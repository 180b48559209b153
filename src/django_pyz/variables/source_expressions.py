"""Expressions of source that is read, not run: what they stand for, and which environment variables they read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import Protocol

from django_pyz.variables.environment_readers import canonical
from django_pyz.variables.source_conditions import is_negative
from django_pyz.variables.source_texts import joined, percent
from django_pyz.variables.source_values import Entries, Function, Holder, Items, Known, Scope, Symbol, Text, is_environ
from django_pyz.variables.variable_kinds import kind_of_default
from django_pyz.variables.variable_readings import Findings, Read

_KEEP_KIND = {"lower", "upper", "strip", "lstrip", "rstrip", "replace", "title", "casefold", "capitalize"}
_YES_AND_NO = {"1", "0", "true", "false", "yes", "no", "on", "off", "t", "f", "y", "n"}
_STEPS = 1_000_000


class Calls(Protocol):
    """What understands calls."""

    def __call__(
        self, walk: Expressions, call: ast.Call, function: Known | None, scope: Scope, kind: str
    ) -> Known | None:
        """What a call stands for; its arguments are read here."""


class Expressions:
    """Reads expressions.

    Attributes:
        found: the variables that were read.
        steps: how many expressions were read.
        limit: the count of them at which reading stops; None for none but the highest.
        target: the name that the expression is assigned to, "" where there is none.
    """

    def __init__(self, calls: Calls) -> None:
        self.found = Findings()
        self.target = ""
        self._calls = calls
        self.steps = 0
        self.limit: int | None = None

    def value(self, node: ast.AST, scope: Scope, kind: str = "") -> Known | None:
        """What an expression stands for; None where nothing is known.

        Args:
            kind: what its surroundings make of it.
        """
        self.steps += 1
        if self.steps > _STEPS or (self.limit is not None and self.steps > self.limit):
            return None
        match node:
            case ast.Constant(value=str(text)):
                return Text(ast.unparse(node), text)
            case ast.Constant():
                return Known(ast.unparse(node))
            case ast.Name(id=name):
                return scope.get(name)
            case ast.Lambda():
                return Function(ast.unparse(node), node, scope)
            case ast.Attribute():
                return self._attribute(node, scope, kind)
            case ast.Subscript():
                return self._subscript(node, scope, kind)
            case ast.Call():
                return self._calls(self, node, self.value(node.func, scope, kind), scope, kind)
        return self._composed(node, scope, kind)

    def _composed(self, node: ast.AST, scope: Scope, kind: str) -> Known | None:
        match node:
            case ast.Tuple(elts=nodes) | ast.List(elts=nodes) | ast.Set(elts=nodes):
                known = [self.value(item, scope) or Known(ast.unparse(item)) for item in nodes]
                return Items(ast.unparse(node), tuple(known))
            case ast.JoinedStr(values=parts):
                return joined([self.value(part, scope) for part in parts], ast.unparse(node))
            case ast.FormattedValue(value=inner):
                return self.value(inner, scope)
            case ast.BinOp(left=left, right=right, op=ast.Add()):
                return joined([self.value(left, scope), self.value(right, scope)], ast.unparse(node))
            case ast.BinOp(left=left, right=right, op=ast.Mod()):
                return percent(self.value(left, scope), self.value(right, scope), ast.unparse(node))
            case ast.BoolOp(values=parts):
                return self._either(node, parts, scope, kind)
            case ast.IfExp():
                return self._choice(node, scope, kind)
            case ast.Compare():
                self._comparison(node, scope)
                return None
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self.value(operand, scope, kind)
                return None
            case ast.NamedExpr(target=ast.Name(id=name), value=inner):
                scope.names[name] = self.value(inner, scope, kind) or Known(name)
                return scope.names[name]
            case ast.Dict():
                return self._mapping(node, scope)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._comprehension(node, scope)
        for child in ast.iter_child_nodes(node):
            self.value(child, scope)
        return None

    def test(self, node: ast.expr, scope: Scope) -> set[str]:
        """Read a condition, and return the variables that it looks at."""
        start = len(self.found.readings)
        self.value(node, scope)
        return {reading.name for reading in self.found.readings[start:]}

    def each(self, target: ast.expr, items: Known | None, scope: Scope) -> Iterator[None]:
        """Give a loop's target its values, one after the other; once without where they are not known."""
        if not isinstance(items, Items):
            self.bind(target, None, scope)
            yield
            return
        for item in items.items[:100]:
            self.bind(target, item, scope)
            yield

    def bind(self, target: ast.expr, value: Known | None, scope: Scope) -> None:
        """Assign what is known."""
        match target, value:
            case ast.Name(id=name), None:
                if not isinstance(scope.names.get(name), Symbol | Function | Holder):
                    scope.names[name] = Known(name)
            case ast.Name(id=name), Known():
                scope.names[name] = value
            case ast.Tuple(elts=targets) | ast.List(elts=targets), Items(items=items) if len(targets) == len(items):
                for inner, item in zip(targets, items, strict=True):
                    self.bind(inner, item, scope)
            case ast.Tuple(elts=targets) | ast.List(elts=targets), _:
                for inner in targets:
                    self.bind(inner, None, scope)
            case ast.Subscript(value=holder, slice=key), _:
                variable = self.value(key, scope)
                if isinstance(variable, Text) and is_environ(self.value(holder, scope)):
                    self.found.provided.add(variable.text)
            case ast.Attribute(value=ast.Name(id=name), attr="prefix"), Text(text=prefix):
                if isinstance(symbol := scope.get(name), Symbol):
                    scope.names[name] = replace(symbol, prefix=prefix)

    def _attribute(self, node: ast.Attribute, scope: Scope, kind: str) -> Known | None:
        inherited = "list" if node.attr in {"split", "splitlines"} else kind if node.attr in _KEEP_KIND else ""
        match self.value(node.value, scope, inherited):
            case Symbol() as symbol:
                attribute = symbol.attribute(node.attr)
                return replace(attribute, name=canonical(attribute.name))
            case Holder(scope=inside):
                return inside.names.get(node.attr)
        return None

    def _subscript(self, node: ast.Subscript, scope: Scope, kind: str) -> Known | None:
        holder = self.value(node.value, scope)
        key = self.value(node.slice, scope)
        if is_environ(holder) and isinstance(key, Text) and isinstance(node.ctx, ast.Load):
            return self.found.read(key, None, kind, scope, node)
        return None

    def _comparison(self, node: ast.Compare, scope: Scope) -> None:
        others = [self.value(item, scope) for item in node.comparators]
        if isinstance(node.ops[0], ast.In | ast.NotIn) and is_environ(others[0]):
            if isinstance(name := self.value(node.left, scope), Text):
                self.found.read(name, "None", "", scope, node)
            return
        texts = [item for other in others for item in (other.items if isinstance(other, Items) else [other])]
        says_yes = any(isinstance(item, Text) and item.text.lower() in _YES_AND_NO for item in texts)
        self.value(node.left, scope, "bool" if says_yes else "")

    def _either(self, node: ast.AST, parts: list[ast.expr], scope: Scope, kind: str) -> Known | None:
        """Parts joined by `or` or `and`; `read or other` makes the other one a default."""
        values = [self.value(part, scope, kind) for part in parts]
        last = parts[-1]
        if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and isinstance(values[0], Read):
            reading = values[0].reading
            if reading.default in {"None", "''"} and isinstance(last, ast.Constant | ast.List | ast.Tuple | ast.Dict):
                reading.default = ast.unparse(last)
                reading.kind = reading.kind or kind_of_default(reading.default)
        return None

    def _choice(self, node: ast.IfExp, scope: Scope, kind: str) -> Known | None:
        names = self.test(node.test, scope)
        inside, outside = (node.orelse, node.body) if is_negative(node.test) else (node.body, node.orelse)
        with self.found.guarded(names, ast.unparse(outside)):
            self.value(inside, scope, kind)
        self.value(outside, scope, kind)
        return None

    def _mapping(self, node: ast.Dict, scope: Scope) -> Known:
        """A dictionary; one that os.environ is poured into stands for os.environ."""
        entries = [
            (key.value, item)
            for key, item in zip(node.keys, node.values, strict=True)
            if isinstance(key, ast.Constant) and isinstance(key.value, str)
        ]
        found: Known = Entries(ast.unparse(node), tuple(entries))
        for key, item in zip(node.keys, node.values, strict=True):
            if key:
                self.value(key, scope)
            value = self.value(item, scope)
            if key is None and value and is_environ(value):
                found = value
        return found

    def _comprehension(
        self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope
    ) -> Known | None:
        inner = scope.inner("call")
        first, *others = node.generators
        for generator in others:
            self.value(generator.iter, inner)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        for _ in self.each(first.target, self.value(first.iter, inner), inner):
            names = set[str]().union(*(self.test(condition, inner) for condition in first.ifs))
            with self.found.guarded(names, "None"):
                for part in parts:
                    self.value(part, inner)
        return None
