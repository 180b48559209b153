"""The parser of our command lines, which suggests a correction for a misspelt word."""

from __future__ import annotations

import re
from argparse import Action, ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from django_pyz_runtime.texts import nearest

_NO_SUCH = re.compile(r"(?:argument [^:]+: )?invalid choice: '(?P<word>.*)' \(choose from (?P<known>.+)\)")


class Parser(ArgumentParser):
    """A parser that takes no abbreviations and suggests words; its subcommands use the same class."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **options})

    def error(self, message: str) -> NoReturn:
        """Exit with code 2 after a message; for an unknown word it has the nearest known one."""
        if found := _NO_SUCH.fullmatch(message):
            known = [word.strip("' ") for word in found["known"].split(",")]
            if meant := nearest(found["word"], known):
                message = f"there is no {found['word']!r}. Did you mean {meant}? `{self.prog} --help` lists all."
        super().error(message)


class ShowVersion(Action):
    """`--version`: print the version and exit.

    Args:
        show: prints it.
    """

    def __init__(self, *args: Any, show: Callable[[], object], **options: Any) -> None:
        super().__init__(*args, **{**options, "nargs": 0})
        self._show = show

    def __call__(
        self,
        parser: ArgumentParser,
        namespace: Namespace,
        values: str | Sequence[Any] | None,
        option: str | None = None,
    ) -> None:
        """Print it."""
        self._show()
        parser.exit()


def add_version(parser: ArgumentParser, show: Callable[[], object]) -> None:
    """Declare --version.

    Args:
        parser: gets the option, and so do all parsers below it that do not have it.
        show: prints the version.
    """
    if "--version" not in parser._option_string_actions:
        parser.add_argument("--version", action=ShowVersion, show=show, help="print the version")
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for one in action.choices.values():
                add_version(one, show)
