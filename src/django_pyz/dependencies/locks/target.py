"""The Python that packages are installed for, as lock files see it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import packaging
from packaging.markers import Environment, Marker

from django_pyz import process
from django_pyz.dependencies.locks import target_facts
from django_pyz.dependencies.locks.constraints import allows
from django_pyz.dependencies.locks.wanted import Request
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError


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


def target_of(request: Request) -> Target:
    """The interpreter of a request, with the version that the request substitutes.

    Raises:
        UserError: it does not answer.
    """
    found = ask(request.python)
    if not request.version:
        return found
    environment = found.environment.copy()
    environment["python_full_version"] = environment["implementation_version"] = request.version
    return replace(found, environment=environment)


@cache
def ask(python: Path) -> Target:
    """Query an interpreter.

    Raises:
        UserError: it does not answer.
    """
    folder = Path(packaging.__file__).parents[1]
    said = process.run([python, "-ISB", target_facts.__file__, folder], "ask Python what fits it")
    facts = json.loads(said)
    return Target(facts["environment"], tuple(facts["tags"]))


def check_python(request: Request) -> None:
    """Check before the installation that a project supports its Python: an installer's message is less clear.

    Raises:
        UserError: the project does not support it.
    """
    wanted = wanted_pythons(request)
    if not wanted:
        return
    found = ask(request.python).version
    for path, constraint in wanted.items():
        if not allows(constraint, found):
            raise UserError(
                f"{path}: requires Python {constraint}, found {found}", hint="Give another one with --python."
            )


def wanted_pythons(request: Request) -> dict[Path, str]:
    """The Python constraints of a project and its lock, by file, as written."""
    return dict(_wanted(request))


def _wanted(request: Request) -> Iterator[tuple[Path, str]]:
    for path in dict.fromkeys([request.file, request.pyproject, request.root / "pyproject.toml"]):
        is_toml = path.suffix in (".toml", ".lock") and path.name != "Pipfile.lock"
        if is_toml and (constraint := _constraint(Pyproject(path))):
            yield path, constraint


def _constraint(file: Pyproject) -> str:
    """The Python constraint in a pyproject.toml, uv.lock, pylock.toml or poetry.lock."""
    found = (
        file.project.get("requires-python"),
        file.content.get("requires-python"),
        file.poetry.get("dependencies", {}).get("python"),
        file.content.get("metadata", {}).get("python-versions"),
    )
    return next((text for text in found if isinstance(text, str)), "")
