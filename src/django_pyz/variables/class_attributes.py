"""Finds variables named after class attributes: pydantic-settings and django-configurations."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from types import FrameType, UnionType
from typing import Any, NamedTuple, Union, get_args, get_origin

from django_pyz.variables import reading
from django_pyz.variables.kinds import kind_of_name


class Field(NamedTuple):
    """A field of a settings class.

    Attributes:
        variable: the environment variable.
        owner: the class.
        attribute: the field's name in it.
        kind: what the variable's text is converted to.
        is_required: whether the variable must be set.
    """

    variable: str
    owner: type
    attribute: str
    kind: str
    is_required: bool


class Value(NamedTuple):
    """A value of django-configurations during its setup.

    Attributes:
        owner: the class.
        attribute: its name in the class.
        is_required: whether the variable must be set.
        parameters: those of its class.
    """

    owner: type
    attribute: str
    is_required: bool
    parameters: Sequence[str] = ("default", "environ")


def settings_fields(source: Any) -> Iterator[Field]:
    """The fields that a source of pydantic-settings, or of a library based on it, reads from the environment."""
    if not hasattr(type(source), "_extract_field_info"):
        return
    owner = source.settings_cls
    for attribute, field in owner.model_fields.items():
        for _, variable, _ in source._extract_field_info(field, attribute):
            yield Field(variable.upper(), owner, attribute, _kind(field.annotation), field.is_required())


def _kind(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Union or origin is UnionType:
        return next((_kind(item) for item in get_args(annotation) if item is not type(None)), "")
    return kind_of_name(getattr(origin or annotation, "__name__", ""))


def configured_value(frame: FrameType) -> Value | None:
    """The value that a function of django-configurations sets up; None for any other function."""
    if frame.f_globals.get("__name__") != "configurations.values":
        return None
    known = frame.f_locals
    if "target" not in known:
        return Value(object, "", False)
    return Value(known["target"], known["name"], known["value"].environ_required)


def declaration(tree: ast.Module, name: str, attribute: str) -> Sequence[ast.AST]:
    """The path to the value that a class assigns to an attribute, or to the bare attribute; else empty."""
    for owner in ast.walk(tree):
        for statement in owner.body if isinstance(owner, ast.ClassDef) and owner.name == name else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == attribute:
                    return tree, owner, statement, value
                case ast.AnnAssign(target=ast.Name(id=target)) if target == attribute:
                    return tree, owner, statement
    return ()


def declared_default(node: ast.AST) -> str | None:
    """The source of a field's default, from its declaration; None if there is none, or it is not found."""
    match node:
        case ast.AnnAssign(value=ast.Call(func=function, args=given, keywords=words)) if "Field" in ast.unparse(
            function
        ):
            named = {word.arg: word.value for word in words}
            if factory := named.get("default_factory"):
                return f"{reading.source(factory)}()"
            default = named.get("default") or next(iter(given), None)
            return reading.source(default) if default else None
        case ast.AnnAssign(value=ast.expr() as value):
            return reading.source(value)
    return None
