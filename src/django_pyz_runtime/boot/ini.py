"""The reader of settings.ini: bytes in; entries with their line numbers, and every problem, out.

The format is the one of `configparser` with `delimiters=("=",)`, full-line comments, no interpolation, no default
section, and keys whose case counts. This is a reader of our own because configparser stops at the first duplicate and
does not tell on which line a value stood; a property test holds the two equal on what both accept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_SECTION = r"\[(?P<name>[^\]]+)\]\s*"


class Entry(NamedTuple):
    """One `key = value`, with the number of the line on which it starts."""

    section: str
    key: str
    text: str
    line: int


class Problem(NamedTuple):
    """What is wrong on a line of the file."""

    line: int
    text: str


def read(content: bytes) -> tuple[list[Entry], list[Problem]]:
    """Read a settings.ini.

    A value goes on over lines that are indented further than its key. `%` and `$` mean themselves.

    Args:
        content: the file's bytes, in UTF-8, with or without a byte order mark.

    Returns:
        The entries in the order of the file, and the problems in the order of their lines. A line with a problem gives
        no entry; the rest is still read.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return [], [Problem(line, f"wanted text in UTF-8, found the byte 0x{content[error.start]:02x}")]
    reader = _Reader()
    for number, line_text in enumerate(_lines(text), 1):
        reader.take(number, line_text)
    return reader.entries(), reader.problems


def _lines(text: str) -> Iterator[str]:
    """The lines as Python's universal newlines split them (str.splitlines knows more separators)."""
    return iter(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))


class _Reader:
    """Takes one line after the other."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._section = ""
        self._sections: dict[str, int] = {}
        self._found: dict[tuple[str, str], tuple[int, list[str]]] = {}
        self._open: list[str] | None = None
        """The lines of the value that a further indented line would go on with; None after a line that had none."""
        self._indent = 0

    def entries(self) -> list[Entry]:
        """All entries read so far."""
        return [
            Entry(section, key, "\n".join(lines).rstrip(), line)
            for (section, key), (line, lines) in self._found.items()
        ]

    def take(self, number: int, line: str) -> None:
        """Read one line."""
        text = line.strip()
        indent = len(line) - len(line.lstrip())
        if text.startswith(("#", ";")):
            return
        if not text:
            if self._open is not None:
                self._open.append("")
        elif "\0" in text:
            self._refuse(number, "a NUL character")
        elif self._open is not None and indent > self._indent:
            self._open.append(text)
        else:
            self._indent = indent
            self._start(number, text)

    def _start(self, number: int, text: str) -> None:
        """Read a line that goes on with nothing."""
        if section := re.fullmatch(_SECTION, text):
            self._take_section(number, section["name"].strip())
        elif not self._section:
            self._refuse(number, "wanted a [section] first")
        else:
            self._take_entry(number, text)

    def _take_section(self, number: int, name: str) -> None:
        if name in self._sections:
            self._refuse(number, f"the section [{name}] is already on line {self._sections[name]}: put them together")
        self._sections.setdefault(name, number)
        self._section = name
        self._open = None

    def _take_entry(self, number: int, text: str) -> None:
        key, equals, value = text.partition("=")
        key = key.strip()
        where = (self._section, key)
        if not equals or not key:
            self._refuse(number, "wanted `key = value`" + (", found no `=`" if not equals else ", found no key"))
        elif where in self._found:
            self._refuse(number, f"this key is already on line {self._found[where][0]} of [{self._section}]")
        else:
            self._open = [value.strip()]
            self._found[where] = (number, self._open)

    def _refuse(self, number: int, text: str) -> None:
        """Note a problem. What was found is not shown: it may be part of a secret."""
        self.problems.append(Problem(number, text))
        self._open = []
