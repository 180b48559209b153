"""What conditions and error handlers in source say about a variable that is not set."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from django_pyz.variables.source_values import Scope

_MISSING = {"KeyError", "LookupError", "Exception", "BaseException", "ImproperlyConfigured"}
_MISSING |= {"UndefinedValueError", "EnvError", "EnvValidationError", "ConfigurationMissingError", "ConfigurationError"}


def is_negative(test: ast.expr) -> bool:
    """Whether a condition holds where a variable is missing, as far as its form tells."""
    return any(isinstance(node, ast.Not | ast.NotIn | ast.Is) for node in ast.walk(test))


def holds(test: ast.expr, scope: Scope) -> bool | None:
    """Whether a condition holds where a site runs, as on an argument of a call; None where that is not known."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            inner = holds(operand, scope)
            return None if inner is None else not inner
        case ast.Name(id=name) if scope.kind == "call" and name in scope.names:
            return {"True": True, "False": False, "None": False}.get(scope.names[name].source)
    source = ast.unparse(test)
    if "__name__" in source or "TYPE_CHECKING" in source:
        return False
    if "argv" in source and "test" in source.replace("argv", "") and not isinstance(test, ast.BoolOp):
        return is_negative(test)
    return None


def outcome(body: Sequence[ast.stmt]) -> str:
    """The source of the one value that a branch gives, else "None"."""
    match body:
        case [ast.Assign(value=value)] | [ast.Return(value=ast.expr() as value)]:
            return ast.unparse(value)
    return "None"


def gives_up(handler: ast.ExceptHandler) -> bool:
    """Whether a handler ends the program, or raises another error."""
    return any(isinstance(node, ast.Raise) for node in ast.walk(handler)) or "exit(" in ast.unparse(handler)


def raises(statements: Sequence[ast.stmt], told: set[str]) -> bool:
    """Whether statements raise an error unless a value, one of those names, is there."""
    for statement in statements:
        match statement:
            case ast.Raise(exc=error):
                return error is None or "ValueError" not in ast.unparse(error)
            case ast.If(test=test, body=body, orelse=orelse) if _looks_at(test, told):
                if raises(body, told) or raises(orelse, told):
                    return True
            case ast.Try(body=body, handlers=handlers):
                inner = [*body, *(part for item in handlers if catches_missing(item) for part in item.body)]
                if raises(inner, told):
                    return True
    return False


def _looks_at(test: ast.expr, told: set[str]) -> bool:
    """Whether a condition asks if one of those names has a value at all."""
    nodes = list(ast.walk(test))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    in_environ = "environ" in names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    asks = isinstance(test, ast.Name) or any(isinstance(node, ast.Not | ast.Is | ast.IsNot) for node in nodes)
    return in_environ or (asks and bool(names & told))


def catches_missing(handler: ast.ExceptHandler) -> bool:
    """Whether a handler is for a variable that is not set."""
    nodes = list(ast.walk(handler.type or ast.Name("Exception")))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return bool((names | {node.attr for node in nodes if isinstance(node, ast.Attribute)}) & _MISSING)
