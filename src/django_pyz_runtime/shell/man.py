"""Man pages in the language of man(7), for groff and mandoc."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from django_pyz_runtime.shell.commands import Command, Option

_SIGNS = {"\\": "\\e", "-": "\\-", "'": "\\(aq", "`": "\\(ga", "^": "\\(ha", "~": "\\(ti", '"': "\\(dq"}
_WIDTH = 76
_NO_HYPHENS = ".nh"
"""A word with a hyphen in the middle could not be copied."""
_CODE = re.compile(r"`([^`]+)`")


class Page(NamedTuple):
    """The header of a page.

    Attributes:
        name: of the page.
        section: such as 1 for commands, 5 for files.
        purpose: in a few words, as apropos(1) shows it.
        date: when it was written, as 2026-11-29.
        source: the software and its version.
    """

    name: str
    section: int
    purpose: str
    date: str
    source: str


def page(page: Page, mark: str, parts: Iterable[tuple[str, Iterable[str]]]) -> str:
    """A page.

    Args:
        page: its header.
        mark: a comment that names its author.
        parts: their titles and lines.
    """
    words = (escaped(page.name.upper()), str(page.section), page.date, escaped(page.source))
    title = " ".join(f'"{word}"' for word in words)
    lines = [
        f'.\\" {mark}',
        f".TH {title}",
        _NO_HYPHENS,
        ".SH NAME",
        f"{escaped(page.name)} \\- {escaped(page.purpose)}",
    ]
    for name, content in parts:
        lines += [f".SH {escaped(name.upper())}", *content]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A text without special meaning to roff: no request, no escape, no sign that is printed differently."""
    return _not_a_request(_signs(text))


def _signs(text: str) -> str:
    return "".join(_SIGNS.get(sign) or (sign if sign.isascii() else f"\\[u{ord(sign):04X}]") for sign in text)


def _not_a_request(line: str) -> str:
    return f"\\&{line}" if line.startswith((".", "'")) else line


def prose(text: str) -> str:
    """A sentence or more; text in backticks becomes bold."""
    pieces = _CODE.split(text)
    whole = "".join(bold(piece) if number % 2 else _signs(piece) for number, piece in enumerate(pieces))
    lines = textwrap.wrap(whole, _WIDTH, break_long_words=False, break_on_hyphens=False)
    return "\n".join(map(_not_a_request, lines))


def paragraph(text: str) -> Iterator[str]:
    """A separate paragraph."""
    yield ".PP"
    yield prose(text)


def bold(text: str) -> str:
    """Words to type literally."""
    return f"\\fB{_signs(text)}\\fR"


def italic(text: str) -> str:
    """A placeholder."""
    return f"\\fI{_signs(text)}\\fR"


def entry(term: str, text: str) -> Iterator[str]:
    """A term and its meaning.

    Args:
        term: as roff.
        text: plain.
    """
    yield from (".TP", term, prose(text) if text else "\\&")


def example(lines: Iterable[str]) -> Iterator[str]:
    """Lines to print literally."""
    yield from (".PP", ".nf", ".RS", *map(escaped, lines), ".RE", ".fi")


def option_entries(options: Iterable[Option]) -> Iterator[str]:
    """The options with their meanings."""
    for option in options:
        value = f" {italic(option.metavar)}" if option.takes else ""
        yield from entry(", ".join(f"{bold(flag)}{value}" for flag in option.flags), _sentence(option.help))


def command_entries(commands: Iterable[Command], before: str = "", hidden: Sequence[str] = ()) -> Iterator[str]:
    """The commands with their descriptions, options and subcommands.

    Args:
        commands: the commands.
        before: the words before them.
        hidden: flags that are explained elsewhere.
    """
    for command in commands:
        words = f"{before}{command.name}"
        if command.commands:
            yield from command_entries(command.commands, f"{words} ", hidden)
            continue
        yield from entry(f"{bold(words)}{''.join(_operand(one) for one in command.operands)}", _told(command))
        named = [one for one in command.operands if one.help]
        options = [one for one in command.options if not set(one.flags) & set(hidden)]
        if named or options:
            yield ".RS"
            for one in named:
                yield from entry(italic(one.metavar), _sentence(one.help))
            yield from option_entries(options)
            yield ".RE"


def _told(command: Command) -> str:
    return _sentence(command.description or command.help)


def _operand(operand: Option) -> str:
    return f" {italic(operand.metavar)}" + (" ..." if operand.is_repeatable and operand.metavar != "..." else "")


def _sentence(text: str) -> str:
    """A help text as a sentence."""
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".") if text else ""
