"""The options that stand before the command. Standard library only: the launcher reads them too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django_pyz_runtime.complaints import Complaint


class Assignment(NamedTuple):
    """A value set on the command line.

    Attributes:
        option: the option that sets it, for messages.
        text: SECTION.KEY=VALUE.
    """

    option: str
    text: str


class Arguments(NamedTuple):
    """A command line, split.

    Attributes:
        config: the value of `--config`, if given.
        assignments: what the command line sets.
        command: the command and what follows it.
    """

    config: str | None
    assignments: tuple[Assignment, ...]
    command: list[str]


def split(argv: Sequence[str]) -> Arguments:
    """Take `--config FILE` and `--set SECTION.KEY=VALUE` off the front of a command line.

    Args:
        argv: the arguments, without the program's name.

    Raises:
        Complaint: an option has no value.
    """
    config: str | None = None
    assignments: list[Assignment] = []
    rest = list(argv)
    while rest and rest[0].partition("=")[0] in ("--config", "--set"):
        option, equals, value = rest.pop(0).partition("=")
        if not equals:
            if not rest:
                raise Complaint(f"{option}: wanted a value after it, found nothing", hint=_USAGE)
            value = rest.pop(0)
        if option == "--config":
            config = value
        else:
            assignments.append(Assignment("--set", value))
    return Arguments(config, tuple(assignments), rest)


_USAGE = "Usage: [--config FILE] [--set SECTION.KEY=VALUE]... COMMAND ..."
