"""Commands and their options as plain values, for completion and man pages."""

from __future__ import annotations

import argparse
import re
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

NOTHING, VALUE, FILE, FOLDER = "", "value", "file", "folder"
"""The value of an option: none, one that cannot be completed, a file, a folder."""
_FILES = ("FILE", "FIXTURE", "OUTPUT", "PATH", "PROJECT", "PYTHON")
"""The parts of metavars that stand for files."""
_LONGEST_SUMMARY = 90
_SAFE_FLAG = re.compile(r"--?[A-Za-z0-9][A-Za-z0-9_-]*")
_SAFE_WORD = re.compile(r"[A-Za-z0-9_.+/@%,-]+=?")
"""Words that need no quotes in any shell, and no word breaks of bash."""


class Option(NamedTuple):
    """An option, or an operand.

    Attributes:
        flags: such as ("-o", "--output"); none for an operand.
        help: what it is for.
        takes: NOTHING, VALUE, FILE or FOLDER.
        metavar: the placeholder of the value.
        choices: the values, if they are known. After one that ends with = the word continues.
        is_repeatable: whether more than one word may follow.
    """

    flags: tuple[str, ...]
    help: str = ""
    takes: str = NOTHING
    metavar: str = ""
    choices: tuple[str, ...] = ()
    is_repeatable: bool = False


class Command(NamedTuple):
    """A command.

    Attributes:
        name: the word.
        help: what it does, in a few words.
        description: the same in some sentences; "" for no more than `help`.
        options: its own options.
        operands: its operands, in order.
        commands: its subcommands.
    """

    name: str
    help: str = ""
    description: str = ""
    options: tuple[Option, ...] = ()
    operands: tuple[Option, ...] = ()
    commands: tuple[Command, ...] = ()

    def plain(self) -> dict[str, Any]:
        """As lists and dictionaries for JSON, without empty ones."""
        found: dict[str, Any] = {
            **self._asdict(),
            "options": [_plain(option) for option in self.options],
            "operands": [_plain(option) for option in self.operands],
            "commands": [command.plain() for command in self.commands],
        }
        return {name: value for name, value in found.items() if value}

    @classmethod
    def of_plain(cls, found: dict[str, Any]) -> Command:
        """Back from lists and dictionaries.

        Raises:
            TypeError, ValueError, KeyError, AttributeError: this is not a command.
        """
        return cls(
            str(found["name"]),
            str(found.get("help", "")),
            str(found.get("description", "")),
            tuple(map(_option, found.get("options", ()))),
            tuple(map(_option, found.get("operands", ()))),
            tuple(map(cls.of_plain, found.get("commands", ()))),
        )


def _plain(option: Option) -> dict[str, Any]:
    return {name: value for name, value in option._asdict().items() if value or name == "flags"}


def _option(found: dict[str, Any]) -> Option:
    lists = {name: tuple(map(str, found.get(name, ()))) for name in ("flags", "choices")}
    return Option(**{**found, **lists})


def of_parser(name: str, parser: ArgumentParser, help_text: str = "") -> Command:
    """A command as its parser declares it.

    Args:
        name: the word.
        parser: of it.
        help_text: what it does, in a few words.
    """
    options: list[Option] = []
    operands: list[Option] = []
    commands: list[Command] = []
    # argparse has no public way to them.
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            commands += _below(action)
        elif action.help == argparse.SUPPRESS:
            continue
        elif action.option_strings:
            options.append(_of_action(action))
        else:
            operands.append(_of_action(action))
    description = plain_text(parser.description or "")
    return Command(name, help_text, description, tuple(options), tuple(operands), tuple(commands))


def _below(action: argparse._SubParsersAction[Any]) -> Iterator[Command]:
    helps = {choice.dest: plain_text(choice.help or "") for choice in action._choices_actions}
    for name, parser in action.choices.items():
        if name in helps:
            yield of_parser(name, parser, helps[name])


def _of_action(action: argparse.Action) -> Option:
    """An option of argparse, without the default in its help, which may apply only to this machine."""
    help_text = re.sub(r" ?\([^()]*%\(default\)[^()]*\)", "", str(action.help or "")).replace("%%", "%")
    choices = tuple(safe_words(action.choices or ()))
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    return Option(
        tuple(flag for flag in action.option_strings if _SAFE_FLAG.fullmatch(flag)),
        plain_text(help_text),
        NOTHING if action.nargs == 0 else _takes(action, metavar),
        "" if action.nargs == 0 else metavar,
        choices,
        action.nargs in ("*", "+", argparse.REMAINDER) or (isinstance(action.nargs, int) and action.nargs > 1),
    )


def _takes(action: argparse.Action, metavar: str) -> str:
    if action.choices:
        return VALUE
    if metavar == "DIR":
        return FOLDER
    if any(word in metavar.upper() for word in _FILES) or (action.metavar is None and action.type not in (int, float)):
        return FILE
    return VALUE


def safe_words(found: Iterable[object]) -> list[str]:
    """The values that can stand in a script for any shell; none if they are too many to read."""
    words = [str(word) for word in found]
    return [word for word in words if _SAFE_WORD.fullmatch(word)]


def plain_text(text: str) -> str:
    """A text as one line of printable characters."""
    words = " ".join(str(text).split())
    return words if words.isprintable() else "".join(filter(str.isprintable, words))


def summary(text: str) -> str:
    """The first sentence of a text, or its beginning."""
    first = re.split(r"(?<!e\.g)(?<!i\.e)(?<!\.)\. ", text, maxsplit=1)[0].removesuffix(".")
    return first if len(first) <= _LONGEST_SUMMARY else f"{first[: _LONGEST_SUMMARY - 3].rstrip()}..."


class Place(NamedTuple):
    """A place in a command line, with the words that may follow.

    Attributes:
        path: the words before it: "" or "/pyz/config".
        command: the command that they name.
        options: of this command, and those of earlier ones that may stand here as well.
    """

    path: str
    command: Command
    options: tuple[Option, ...]


def places(command: Command, shared: tuple[Option, ...] = (), path: str = "") -> Iterator[Place]:
    """Every place below a command, this one first.

    Args:
        command: the command.
        shared: options that may stand at every place.
        path: the words before it.
    """
    own = {flag for option in command.options for flag in option.flags}
    more = tuple(option for option in shared if own.isdisjoint(option.flags))
    yield Place(path, command, (*command.options, *more))
    for one in command.commands:
        if _SAFE_WORD.fullmatch(one.name):
            yield from places(one, shared if path else _shared_by(one, command), f"{path}/{one.name}")


def _shared_by(one: Command, root: Command) -> tuple[Option, ...]:
    """The options before a command that may also stand after it: if it declares one of them, it takes all."""
    flags = {flag for option in one.options for flag in option.flags}
    both = (option for option in root.options if not flags.isdisjoint(option.flags))
    return tuple(option for option in both if option.takes)
