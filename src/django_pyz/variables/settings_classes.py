"""The environment variables that a pydantic-settings class reads, from its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from django_pyz.variables.library_calls import source_of
from django_pyz.variables.source_expressions import Expressions
from django_pyz.variables.source_values import Items, Scope, Text
from django_pyz.variables.variable_kinds import kind_of

BASES = {"pydantic_settings.BaseSettings", "pydantic.BaseSettings", "pydantic.v1.BaseSettings"}
_ALIASES = ("validation_alias", "alias", "env")
_WRAPPERS = {"Optional", "Final", "Annotated", "Union"}
_URLS = ("Url", "Dsn")


@dataclass(frozen=True)
class _Field:
    """A field: its name, its type, and the arguments of its `Field(...)`; default None where it must be set."""

    name: str
    annotation: ast.expr
    default: ast.expr | None
    words: dict[str, ast.expr]


def read_fields(walk: Expressions, node: ast.ClassDef, scope: Scope) -> None:
    """Note the variables behind a class's fields.

    Args:
        scope: that of the class body.
    """
    prefix = _configured(walk, node, scope, "env_prefix")
    for field in _fields(node):
        aliases = _aliases(walk, field, scope)
        name = aliases[0] if aliases else Text(field.name, (prefix + field.name).upper())
        default = source_of(walk, field.default, scope) if field.default else None
        if field.default is None and (factory := field.words.get("default_factory")):
            default = f"{ast.unparse(factory)}()"
        walk.found.read(replace(name, place=None), default, _kind(field.annotation), scope, field.annotation)


def _fields(node: ast.ClassDef) -> Iterator[_Field]:
    for statement in node.body:
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value) if (
                not name.startswith("_") and name != "model_config" and "ClassVar" not in ast.unparse(annotation)
            ):
                marked = value if _is_field(value) else next(filter(_is_field, ast.walk(annotation)), None)
                words: dict[str, ast.expr] = {}
                default = None if value is marked else value
                if isinstance(marked, ast.Call):
                    words = {word.arg: word.value for word in marked.keywords if word.arg}
                    default = default or words.get("default") or next(iter(marked.args), None)
                is_required = isinstance(default, ast.Constant) and default.value is ...
                yield _Field(name, annotation, None if is_required else default, words)


def _is_field(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Field"


def _aliases(walk: Expressions, field: _Field, scope: Scope) -> list[Text]:
    """The names of the variable that a field gives itself."""
    given = next((field.words[word] for word in _ALIASES if word in field.words), None)
    if isinstance(given, ast.Call):
        given = ast.List([item for item in given.args if isinstance(item, ast.Constant)], ast.Load())
    known = walk.value(given, scope) if given else None
    texts = known.items if isinstance(known, Items) else [known]
    return [replace(item, text=item.text.upper()) for item in texts if isinstance(item, Text)]


def _configured(walk: Expressions, node: ast.ClassDef, scope: Scope, option: str) -> str:
    """A text in `model_config`, or in the inner class Config."""
    for part in ast.walk(node):
        match part:
            case ast.keyword(arg=name, value=value) if name == option:
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == option:
                pass
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                found = [value for key, value in pairs if isinstance(key, ast.Constant) and key.value == option]
                if not found:
                    continue
                value = found[0]
            case _:
                continue
        known = walk.value(value, scope)
        return known.text if isinstance(known, Text) else ""
    return ""


def _kind(annotation: ast.expr) -> str:
    match annotation:
        case ast.Constant(value=str(text)):
            return _kind(ast.parse(text, mode="eval").body) if text.isidentifier() else ""
        case ast.BinOp(left=left, right=ast.Constant(value=None)):
            return _kind(left)
        case ast.Subscript(value=ast.Name(id=name) | ast.Attribute(attr=name), slice=inner):
            if name not in _WRAPPERS:
                return (
                    "list" if name in {"List", "Sequence", "set", "Set", "Tuple"} else kind_of(ast.Name(name.lower()))
                )
            return _kind(inner.elts[0] if isinstance(inner, ast.Tuple) and inner.elts else inner)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            if name.endswith(_URLS):
                return "url"
            return (
                "text"
                if name == "SecretStr"
                else "path"
                if name in {"FilePath", "DirectoryPath"}
                else kind_of(annotation)
            )
    return ""
