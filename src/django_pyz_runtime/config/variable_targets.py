"""Finds in a project's source which Django settings it sets from which environment variables."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from django_pyz_runtime.bundle.manifest import Variable


def variables_of(settings: Sequence[str], variables: Sequence[Variable], project: Path) -> dict[str, list[Variable]]:
    """The variables that each of some settings is made from; a setting that is made from none is left out.

    Args:
        settings: their names.
        variables: those that the project's settings read.
        project: the project's folder, which the places of the variables are relative to.
    """
    found: dict[str, list[Variable]] = {}
    trees: dict[str, list[_Assignment]] = {}
    for variable in variables:
        path, _, line = variable.where.rpartition(":")
        if path not in trees:
            trees[path] = list(_assignments(project / path))
        made = _names_made(trees[path], int(line) if line.isdecimal() else 0)
        for setting in settings:
            if setting in made or f"_{variable.name}".endswith(f"_{setting}"):
                found.setdefault(setting, []).append(variable)
    return found


class _Assignment:
    """An assignment of a module.

    Attributes:
        lines: that it takes.
        made: names that it sets, in capitals, as settings of pydantic have small letters.
        used: names in its value, likewise.
    """

    def __init__(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        self.lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        self.made = {name for target in targets for name in _names(target)}
        self.used = set(_names(node.value)) if node.value else set()


def _assignments(path: Path) -> Iterator[_Assignment]:
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            yield _Assignment(node)


def _names(node: ast.AST) -> Iterator[str]:
    return (item.id.upper() for item in ast.walk(node) if isinstance(item, ast.Name))


def _names_made(assignments: Sequence[_Assignment], line: int) -> set[str]:
    """The names that get a value from a line, straight or by way of others."""
    made = {name for item in assignments if line in item.lines for name in item.made}
    while more := {name for item in assignments if made & item.used for name in item.made} - made:
        made |= more
    return made


def holds_key(variables: Mapping[str, Sequence[Variable]]) -> Variable | None:
    """The variable that holds the secret key itself, rather than a path to it; None for none."""
    ends = ("KEY", "SECRET")
    return next((item for item in variables.get("SECRET_KEY", ()) if item.name.upper().endswith(ends)), None)
