"""Whether a project supports the Python that it is bundled for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django_pyz.dependencies.locks.constraints import allows
from django_pyz.dependencies.locks.target import ask
from django_pyz.dependencies.locks.wanted import Request
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError


def check(request: Request) -> None:
    """Check it before anything is installed: an installer says it less clearly, or not at all.

    Raises:
        UserError: the project does not support it.
    """
    wanted = dict(_wanted(request))
    if not wanted:
        return
    found = ask(request.python).version
    for path, constraint in wanted.items():
        if not allows(constraint, found):
            raise UserError(f"{path}: wants Python {constraint}, found {found}", hint="Give another one with --python.")


def _wanted(request: Request) -> Iterator[tuple[Path, str]]:
    for path in dict.fromkeys([request.file, request.pyproject, request.root / "pyproject.toml"]):
        is_toml = path.suffix in (".toml", ".lock") and path.name != "Pipfile.lock"
        if is_toml and (constraint := _constraint(Pyproject.load(path))):
            yield path, constraint


def _constraint(file: Pyproject) -> str:
    """What a pyproject.toml, uv.lock, pylock.toml or poetry.lock says."""
    found = (
        file.project.get("requires-python"),
        file.content.get("requires-python"),
        file.poetry.get("dependencies", {}).get("python"),
        file.content.get("metadata", {}).get("python-versions"),
    )
    return next((text for text in found if isinstance(text, str)), "")
