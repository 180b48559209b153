"""Checks the services and timers that a project declares, and seals them into its manifest."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django_pyz.options import TABLE, Options
from django_pyz_runtime.bundle import services
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER
from django_pyz_runtime.bundle.services import MANAGE, SECTIONS, SERVICES
from django_pyz_runtime.errors import UserError

_HINT = f"They stand below [tool.{TABLE}.services] and [tool.{TABLE}.timers] in pyproject.toml."


def sealed(options: Options) -> dict[str, str]:
    """Their entries in the manifest: "services.NAME" or "timers.COMMAND", to text.

    Raises:
        UserError: a name or a command is invalid.
    """
    found: dict[str, str] = {}
    problems = []
    units: dict[str, str] = {}
    for section, key, text in _entries(options):
        problem = services.problem_of(section, key, text) or ("" if text else "wanted text, found none")
        where = f"{section}: {key}"
        if not problem and (other := units.setdefault(services.unit_stem(section, key), where)) != where:
            problem = f"its unit would have the same name as that of {other}"
        if problem:
            problems.append(f"{where}: {problem}")
        found[f"{section}.{key}"] = text
    if problems:
        raise UserError(*problems, hint=_HINT)
    return found


def check_commands(options: Options, site_packages: Path) -> None:
    """Check that the tree has each program or management command that they run.

    Raises:
        UserError: one is missing.
    """
    problems = []
    for section, key, text in _entries(options):
        words = services.words(text if section == SERVICES else key)
        is_service = section == SERVICES
        name = words[1] if words[0] == MANAGE and len(words) > 1 else words[0]
        is_program = is_service and words[0] != MANAGE and (site_packages / PROGRAM_FOLDER / name).is_file()
        if not (is_program or (name == "pyz" and not is_service) or _has_command(site_packages, name)):
            what = "a program of the packages or a management command" if is_service else "a management command"
            problems.append(f"{section}: {key}: wanted {what}, found {name!r}, which does not exist")
    if problems:
        raise UserError(*problems, hint=_HINT)


def _entries(options: Options) -> Iterator[tuple[str, str, str]]:
    """Section, key and text of each."""
    for section, entries in zip(SECTIONS, (options.services, options.timers), strict=True):
        for entry in entries:
            key, _, text = entry.partition("=")
            yield section, key.strip(), text.strip()


def _has_command(site_packages: Path, name: str) -> bool:
    """Whether some app in the tree has a management command. Only the settings know whether the app is installed."""
    return name.replace("_", "").isalnum() and any(site_packages.glob(f"**/management/commands/{name}.py"))
