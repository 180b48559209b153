"""The environment variables that were found, and where a missing one does no harm."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django_pyz.variables.source_values import Known, Place, Scope, Text

_NO_DEFAULT = ("NOTSET", "NO_VALUE", "undefined", "Undefined")


@dataclass
class Reading:
    """One place that reads a variable.

    Attributes:
        name: of the variable.
        default: as in the manifest.
        kind: as in the manifest.
        place: where the name stands.
        is_helped: whether the name came in as an argument of the project's own function.
    """

    name: str
    default: str | None
    kind: str
    place: Place
    is_helped: bool = False


@dataclass(frozen=True)
class Read(Known):
    """What a reading gave."""

    reading: Reading


@dataclass(frozen=True)
class _Guard:
    """Where a variable without default need not be set: the names, all for None, and what is taken then."""

    names: frozenset[str] | None
    fallback: str


class Findings:
    """Collects readings.

    Attributes:
        readings: the places that read a variable, in reading order.
        provided: the variables that the source itself sets.
    """

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.provided: set[str] = set()
        self._guards: list[_Guard] = []

    def read(self, name: Text, default: str | None, kind: str, scope: Scope, node: ast.AST) -> Read | None:
        """Note that a variable is read.

        Args:
            default: the source of what is taken without it; None where there is nothing.
        kind: what is made of it.
        scope: the one that it is read in.
        node: where it is read.
        """
        if default is not None and default.endswith(_NO_DEFAULT):
            default = None
        if default is None:
            if name.text in self.provided:
                return None
            guards = (guard for guard in reversed(self._guards) if guard.names is None or name.text in guard.names)
            default = next((guard.fallback for guard in guards), None)
        place = name.place or (scope.path, getattr(node, "lineno", 1))
        reading = Reading(name.text, default, kind, place, name.place is not None)
        self.readings.append(reading)
        return Read(ast.unparse(node), reading)

    @contextmanager
    def guarded(self, names: set[str] | None, fallback: str) -> Iterator[None]:
        """Inside, variables need not be set.

        Args:
            names: of the variables; None for all.
            fallback: the source of what is taken without them.
        """
        self._guards.append(_Guard(None if names is None else frozenset(names), fallback))
        try:
            yield
        finally:
            self._guards.pop()
