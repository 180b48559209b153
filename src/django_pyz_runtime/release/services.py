"""The services beside the web server: which there are, whether the bundle has them, and how each runs."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER
from django_pyz_runtime.bundle.services import MANAGE, SERVICES, TIMERS, words
from django_pyz_runtime.config.configuration import Configuration, Value
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.texts import nearest

_FOLDER = "services"
_OURS = "pyz"
"""The first word of our commands that a timer may run, such as `pyz backup`."""


class Command(NamedTuple):
    """The command of a service.

    Attributes:
        words: the program or the management command, and its arguments.
        is_program: whether it is a program of the packages.
    """

    words: tuple[str, ...]
    is_program: bool


def entries(configuration: Configuration, section: str) -> list[Value]:
    """The enabled services or timers.

    Args:
        configuration: free of problems.
        section: SERVICES or TIMERS.
    """
    return [value for value in configuration.section(section) if value.text]


def find(bundle: Bundle, configuration: Configuration, name: str) -> Command:
    """The command of a service.

    Raises:
        UserError: there is no service of that name.
    """
    known = {value.key: value.text for value in entries(configuration, SERVICES)}
    if name not in known:
        meant = nearest(name, known)
        others = f"There are {', '.join(known)}." if known else f"Name them in {configuration.file.path}: [services]."
        raise UserError(
            f"pyz service: there is no service {name!r}" if name else "pyz service: wanted the name of a service",
            hint=f"Did you mean {meant}?" if meant else others,
        )
    return _command(bundle, words(known[name]))


def _command(bundle: Bundle, found: tuple[str, ...]) -> Command:
    if found[0] == MANAGE:
        return Command(found[1:], is_program=False)
    return Command(found, is_program=found[0] in _programs(bundle))


def _programs(bundle: Bundle) -> list[str]:
    return sorted(path.name for path in (bundle.site_packages / PROGRAM_FOLDER).iterdir())


def work_in(data: Path) -> None:
    """Change to a folder below the data folder where a service may write: celery's beat writes to its current folder.

    It holds nothing else, as Celery imports from its current folder. If it cannot be created, nothing changes.
    """
    with contextlib.suppress(OSError):
        folder = data / _FOLDER
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.chdir(folder)


def problems(bundle: Bundle, configuration: Configuration, commands: Callable[[], Iterable[str]]) -> Iterator[str]:
    """The services and timers that the bundle cannot run, a line each.

    Args:
        bundle: this one.
        configuration: free of problems.
        commands: gives the project's management commands; called only if one is needed.
    """
    known: list[str] | None = None
    for value in [*entries(configuration, SERVICES), *entries(configuration, TIMERS)]:
        is_service = value.section == SERVICES
        command = _command(bundle, words(value.text)) if is_service else Command(words(value.key), is_program=False)
        name = command.words[0] if command.words else ""
        if command.is_program or (name == _OURS and not is_service):
            continue
        known = sorted(commands()) if known is None else known
        if name not in known:
            programs = _programs(bundle) if is_service else []
            what = "a program of the bundle or a management command" if is_service else "a management command"
            meant = nearest(name, [*programs, *known])
            guess = f", did you mean {meant}?" if meant else ""
            yield f"{value.source}: [{value.section}] {value.key}: wanted {what}, found {name!r}{guess}"


def management_commands() -> set[str]:
    """The management commands of Django and of the installed apps; imports the settings, but loads no app."""
    import django.core.management
    from django.apps import AppConfig
    from django.conf import settings

    folders = [os.path.dirname(django.core.management.__file__)]
    for app in settings.INSTALLED_APPS:
        config: Any = AppConfig.create(app)
        folders.append(os.path.join(config.path, "management"))
    return {name for folder in folders for name in django.core.management.find_commands(folder)}


def check_services(bundle: Bundle, arguments: Arguments, configuration: Configuration) -> None:
    """Refuse services and timers that the bundle cannot run; imports the settings only if one runs a command.

    Raises:
        UserError: with every such entry, or with the reason why the settings cannot be imported.
    """

    def commands() -> set[str]:
        from django_pyz_runtime.release.site import read_settings

        read_settings(bundle, arguments)
        return management_commands()

    if found := [*problems(bundle, configuration, commands)]:
        raise UserError(*found)
