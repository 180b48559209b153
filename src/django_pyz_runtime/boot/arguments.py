"""The options that every command has. Standard library only: the launcher reads them too."""

from __future__ import annotations

from itertools import pairwise

from django_pyz_runtime.bundle.names import Record, absolute
from django_pyz_runtime.errors import UserError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence


OURS = ("runserve", "pyz")
"""The commands that are not the project's."""


Assignment = tuple[str, str]
"""A value set on the command line: the option that sets it, for messages, and SECTION.KEY=VALUE."""


class Arguments(Record):
    """A command line, split.

    Attributes:
        config: absolute path of the file that `--config` names, if given.
        assignments: what the command line sets.
        command: the command and what follows it.
    """

    def __init__(self, config: str | None, assignments: Sequence[Assignment], command: list[str]) -> None:
        self.config = config
        self.assignments = tuple(assignments)
        self.command = command

    def __repr__(self) -> str:
        """Without the values, which may be secrets."""
        names = [text.partition("=")[0] for _, text in self.assignments]
        return f"Arguments({self.config!r}, {names!r}, {self.command[:1]!r})"

    def words(self) -> list[str]:
        """The command line that says the same, from any folder."""
        config = [] if self.config is None else ["--config", self.config]
        return [*config, *(word for assignment in self.assignments for word in assignment), *self.command]

    def with_assignments(self, *more: Assignment) -> Arguments:
        """The same with more values set."""
        return Arguments(self.config, [*self.assignments, *more], self.command)

    def with_command(self, *command: str) -> Arguments:
        """The same for another command."""
        return Arguments(self.config, self.assignments, list(command))


def split(argv: Sequence[str]) -> Arguments:
    """Take `--config FILE` and `--set SECTION.KEY=VALUE` off a command line.

    They stand before the command; after `runserve` and `pyz`, which are ours, they may stand anywhere, but not after
    `pyz exec PROGRAM`, as the program may have options of the same names.

    Args:
        argv: the arguments, without the program's name.

    Raises:
        UserError: an option has no value, or the folder that a path starts from is gone.
    """
    config: str | None = None
    assignments: list[Assignment] = []
    command: list[str] = []
    words = iter(argv)
    for word in words:
        option, equals, value = word.partition("=")
        if option not in ("--config", "--set"):
            command.append(word)
            if command[0] not in OURS or (command[:2] == ["pyz", "exec"] and len(command) == 3):
                rest = list(words)
                if command[0] not in OURS:
                    _refuse_late_assignment(rest)
                command += rest
            continue
        given = value if equals else next(words, None)
        if given is None:
            raise UserError(f"{option}: wanted a value after it, found nothing", hint=_USAGE)
        if option == "--config":
            # As it is meant here: what reads it later may do so from another folder.
            config = absolute(given, option)
        else:
            assignments.append(("--set", given))
    return Arguments(config, assignments, command)


def _refuse_late_assignment(words: list[str]) -> None:
    """Refuse `--set SECTION.KEY=VALUE` after a command of the project: Django would take it for --settings.

    Raises:
        UserError: there is one.
    """
    for option, text in pairwise(words):
        name, equals, _ = text.partition("=")
        if option == "--set" and equals and "." in name:
            raise UserError(f"--set {name}: must come before the command", hint=_USAGE)


_USAGE = "Usage: [--config FILE] [--set SECTION.KEY=VALUE]... COMMAND ..."


def add_common_options(parser: ArgumentParser) -> None:
    """Name the options that `split` takes in a parser's help; they never get as far as the parser."""
    parser.add_argument("--config", metavar="FILE", help="use this settings.ini")
    parser.add_argument("--set", metavar="SECTION.KEY=VALUE", help="set any option; repeatable")
