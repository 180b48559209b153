"""What is known of a value in source that is read, not run: a text, a library's object, a function of the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

Place = tuple[Path, int]
"""A file and a line number in it, the first one being 1."""


@dataclass(frozen=True)
class Known:
    """A value of which no more is known than its source text."""

    source: str


@dataclass(frozen=True)
class Text(Known):
    """A text.

    Attributes:
        text: it.
        place: where it was handed to a function, where it was.
    """

    text: str
    place: Place | None = None


@dataclass(frozen=True)
class Items(Known):
    """A list or tuple."""

    items: tuple[Known, ...]


@dataclass(frozen=True)
class Entries(Known):
    """A dictionary's values by key, as far as the keys are texts."""

    entries: tuple[tuple[str, ast.expr], ...]


@dataclass(frozen=True)
class Symbol(Known):
    """An object of a library.

    Attributes:
        name: its import path; with "()" behind for an object of a class, as "environ.Env()".
        prefix: what the object puts in front of the names that it reads.
        scheme: types and defaults by variable, as django-environ's Env takes them.
    """

    name: str
    prefix: str = ""
    scheme: tuple[tuple[str, ast.expr], ...] = ()

    def attribute(self, name: str) -> Symbol:
        """One of its attributes."""
        return replace(self, name=f"{self.name}.{name}")


@dataclass
class Scope:
    """The names of a module, a class body or a call.

    Attributes:
        module: dotted name of the module.
        path: its file.
        names: what is known of each.
        outer: where names that it lacks are looked up.
        kind: "module", "class" or "call".
    """

    module: str
    path: Path
    names: dict[str, Known] = field(default_factory=dict)
    outer: Scope | None = None
    kind: str = "module"

    def get(self, name: str) -> Known | None:
        """What is known of a name; None where nothing is."""
        if name in self.names:
            return self.names[name]
        return self.outer.get(name) if self.outer else None

    def inner(self, kind: str) -> Scope:
        """A scope inside this one."""
        return Scope(self.module, self.path, outer=self, kind=kind)


@dataclass(frozen=True)
class Holder(Known):
    """A module, a class or an object of the project."""

    scope: Scope
    is_class: bool = False
    is_settings_class: bool = False


@dataclass(frozen=True)
class Function(Known):
    """A function of the project.

    Attributes:
        node: its source.
        scope: the one that it was defined in.
        is_method: whether its first argument is given by the object.
    """

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    is_method: bool = False


def arguments(call: ast.Call, parameters: tuple[str, ...]) -> dict[str, ast.expr]:
    """The arguments of a call by parameter name, as far as they are written out."""
    given = dict(zip(parameters, _before_star(call.args), strict=False))
    return given | {word.arg: word.value for word in call.keywords if word.arg}


def _before_star(nodes: list[ast.expr]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.Starred):
            return
        yield node


def is_environ(value: Known | None) -> bool:
    """Whether a value is os.environ, or stands for it."""
    return isinstance(value, Symbol) and value.name in {"os.environ", "environ.Env()"}
