"""The Python that packages are installed for, as lock files see it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import packaging
from packaging.markers import Environment, Marker

from django_pyz import process
from django_pyz.dependencies.locks import target_facts


@dataclass(frozen=True)
class Target:
    """An interpreter.

    Attributes:
        environment: the values of environment markers.
        tags: the tags of wheels that fit, best first.
    """

    environment: Environment
    tags: tuple[str, ...]

    @property
    def version(self) -> str:
        """As "3.11.7"."""
        return self.environment["python_full_version"]

    def fits(self, marker: str, extras: Iterable[str] = ()) -> bool:
        """Whether a marker holds, with one of the extras or with none."""
        if not marker:
            return True
        parsed = Marker(marker)
        variables = {name: str(value) for name, value in self.environment.items()}
        return any(parsed.evaluate({**variables, "extra": extra}) for extra in ("", *extras))


def ask(python: Path) -> Target:
    """Ask an interpreter.

    Raises:
        UserError: it cannot tell.
    """
    folder = Path(packaging.__file__).parents[1]
    said = process.run([python, "-ISB", target_facts.__file__, folder], "ask Python what fits it")
    facts = json.loads(said)
    return Target(facts["environment"], tuple(facts["tags"]))
