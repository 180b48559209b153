"""`[project] run_first`: agents, such as tracers, that have to run in a process before the site is imported."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Callable
from typing import Any

from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.errors import UserError

_WHERE = "[project] run_first"
_ran: set[str] = set()


def run_first(configuration: Configuration) -> None:
    """Run the agents, each once in a process, in their order.

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
        raise UserError(
            f"{_WHERE}: {agent}: the bundle has no module {error.name}",
            hint="Add its package to the project's dependencies and build again, or give its file in [modules].",
        ) from None


def _function(agent: str, module: object, function: str) -> Callable[[], Any]:
    try:
        found: Callable[[], Any] = operator.attrgetter(function)(module)
    except AttributeError as error:
        raise UserError(f"{_WHERE}: {agent}: {error}", hint="Wanted MODULE, or MODULE:FUNCTION.") from None
    return found
