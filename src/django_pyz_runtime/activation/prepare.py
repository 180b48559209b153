"""From a command line to a project ready for import, or to one report of everything that is wrong.

Agents, such as tracers, run in between: after the activation, before the site is imported.
"""

from __future__ import annotations

import importlib
import operator
import os
from pathlib import Path
from typing import Any

from django_pyz_runtime.activation import manage_py
from django_pyz_runtime.activation.activate import Activation, Purpose, activate
from django_pyz_runtime.activation.code_path import server_code
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.configuration import Configuration, by_line
from django_pyz_runtime.config.resolved import SETTINGS_MODULE, data_dir
from django_pyz_runtime.errors import UserError

_WHERE = "[project] run_first"
_ran: set[str] = set()


def load(bundle: Bundle, arguments: Arguments) -> Configuration:
    """The configuration of this process, including its problems."""
    return levels.load(bundle.manifest, arguments, os.environ, os.geteuid())


def data_folder(bundle: Bundle, arguments: Arguments) -> Path | None:
    """The data folder as far as known: a reload must work without a readable configuration."""
    try:
        return data_dir(bundle.manifest, load(bundle, arguments))
    except UserError:
        return None


def prepare(bundle: Bundle, arguments: Arguments, purpose: Purpose = Purpose.RUN) -> tuple[Configuration, Activation]:
    """Read the configuration and activate the project.

    Raises:
        UserError: with every problem found, also those which only show once the project's settings are read.
    """
    configuration = load(bundle, arguments)
    if configuration.problems:
        raise UserError(*all_problems(bundle, arguments, configuration))
    return configuration, activate(bundle, configuration, arguments, purpose=purpose)


def all_problems(bundle: Bundle, arguments: Arguments, configuration: Configuration) -> list[str]:
    """The problems of a configuration, with what Django's and gunicorn's settings add to it, in the order of the lines.

    Django's need the project's settings for their types. Where those cannot be imported, that is no problem of the
    configuration: the settings say so themselves when they are needed.
    """
    activation = activate(bundle, configuration, arguments, purpose=Purpose.CHECK)
    problems = list(configuration.problems)
    try:
        manage_py.approach(bundle.manifest, activation.code_folder)
        importlib.import_module(os.environ[SETTINGS_MODULE])
    except UserError as error:
        problems += error.problems
    except (Exception, SystemExit):
        pass
    if gunicorn_values := configuration.section("gunicorn"):
        from django_pyz_runtime.config.gunicorn_section import gunicorn_problems

        with server_code(bundle.site_packages):
            problems += gunicorn_problems(gunicorn_values)
    return sorted(problems, key=by_line)


def run_first(configuration: Configuration) -> None:
    """Run the agents, such as tracers, that `[project] run_first` names, each once in a process, in their order.

    They come after the activation, as they may read variables of [env] and Django's settings, and in each worker of
    the server, as their threads and connections do not outlive a fork.

    Args:
        configuration: free of problems.

    Raises:
        UserError: the bundle has no such module, or the module no such function. What it raises itself is a bug.
    """
    for agent in configuration.get("project", "run_first") or ():
        if agent in _ran:
            continue
        _ran.add(agent)
        name, colon, function = agent.partition(":")
        module = _module(agent, name)
        if colon:
            _function(agent, module, function)()


def _module(agent: str, name: str) -> object:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise
        hint = "Add its package to the project's dependencies and build again"
        if error.name == name:
            # A file can be a module in a package, but not the package.
            hint += f", or name its file: `{name} = FILE` below [modules] in settings.ini"
        raise UserError(f"{_WHERE}: {agent}: the bundle has no module {error.name}", hint=f"{hint}.") from None


def _function(agent: str, module: object, function: str) -> Any:
    try:
        return operator.attrgetter(function)(module)
    except AttributeError as error:
        raise UserError(f"{_WHERE}: {agent}: {error}", hint="Wanted MODULE, or MODULE:FUNCTION.") from None
