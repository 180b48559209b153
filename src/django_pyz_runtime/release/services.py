"""The processes beside the web server: which there are, whether the bundle can run them, and how each is run."""

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
"""Begins the commands of ours that a timer may run, such as `pyz backup`."""


class Command(NamedTuple):
    """What a service runs.

    Attributes:
        words: the program or the management command, and its arguments.
        is_program: whether it is a program of the packages.
    """

    words: tuple[str, ...]
    is_program: bool


def entries(configuration: Configuration, section: str) -> list[Value]:
    """The services or timers that are switched on.

    Args:
        configuration: free of problems.
        section: SERVICES or TIMERS.
    """
    return [value for value in configuration.section(section) if value.text]


def find(bundle: Bundle, configuration: Configuration, name: str) -> Command:
    """What a service is to run.

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
    """Go to a folder of the data folder where a service may write, as celery's beat does where it is started.

    It holds nothing else, as Celery imports from the folder that it is in. Where there can be none, nothing changes.
    """
    with contextlib.suppress(OSError):
        folder = data / _FOLDER
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        os.chdir(folder)


def problems(bundle: Bundle, configuration: Configuration, commands: Callable[[], Iterable[str]]) -> Iterator[str]:
    """What of the services and timers the bundle does not have, a line each.

    Args:
        bundle: this one.
        configuration: free of problems.
        commands: gives the project's management commands; asked where one is to run.
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
    """The management commands of Django and of the installed apps; the settings are imported, no app gets ready."""
    import django.core.management
    from django.apps import AppConfig
    from django.conf import settings

    folders = [os.path.dirname(django.core.management.__file__)]
    for app in settings.INSTALLED_APPS:
        config: Any = AppConfig.create(app)
        folders.append(os.path.join(config.path, "management"))
    return {name for folder in folders for name in django.core.management.find_commands(folder)}


def check_services(bundle: Bundle, arguments: Arguments, configuration: Configuration) -> None:
    """Refuse services and timers that the bundle cannot run; the settings are read where commands are to run.

    Raises:
        UserError: with every such entry, or with what keeps the settings from being read.
    """

    def commands() -> set[str]:
        from django_pyz_runtime.release.site import read_settings

        read_settings(bundle, arguments)
        return management_commands()

    if found := [*problems(bundle, configuration, commands)]:
        raise UserError(*found)
