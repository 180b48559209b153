"""The configuration: levels of values merged, each with where it came from and what it shadows, and all problems."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from django_pyz_runtime.confidential import is_secret, shown
from django_pyz_runtime.names import ConfigurationFile
from django_pyz_runtime.options import BY_NAME, OPEN_SECTIONS, SECTIONS


class Level(IntEnum):
    """Who says so; a higher level shadows a lower one."""

    DEFAULT = 0
    SEALED = 1
    FILE = 2
    FRAGMENT = 3
    CREDENTIAL = 4
    ENVIRONMENT = 5
    COMMAND_LINE = 6


@dataclass(frozen=True)
class Value:
    """A value as text, and where it came from.

    Attributes:
        section: of the option.
        key: of the option.
        text: the value.
        level: the precedence.
        source: the file and line, variable or option that set it.
        shadowed: the values of lower levels that it replaces, highest first.
    """

    section: str
    key: str
    text: str = field(repr=False)
    level: Level
    source: str
    shadowed: tuple[Value, ...] = ()

    @property
    def shown(self) -> str:
        """The text, without secrets."""
        return shown(self.key, self.text)

    @property
    def is_secret(self) -> bool:
        """Whether the text must be kept from other users."""
        return is_secret(self.key, self.text)

    def problem(self, wanted: str) -> str:
        """The line that says this value does not fit."""
        name = self.key.rstrip("+ ")
        return f"{self.source}: [{self.section}] {name}: wanted {wanted}, found {self.shown!r}"


@dataclass(frozen=True)
class Configuration:
    """What all levels together say. Problems are kept, not raised, so that each reader can decide.

    Attributes:
        file: where the main file is.
        present: whether there is a main file.
        values: the winning values, those of the lowest levels first.
        problems: everything wrong, a line each.
    """

    file: ConfigurationFile
    present: bool
    values: Mapping[tuple[str, str], Value]
    problems: tuple[str, ...]

    def get(self, section: str, key: str) -> Any:
        """The typed value of a declared option; its default where nothing says otherwise, None where it has none."""
        option = BY_NAME[section, key]
        value = self.values.get((section, key))
        if value:
            return option.parse(value.text)
        return option.parse(option.default) if option.default else None

    def section(self, name: str) -> list[Value]:
        """The values of a section, those of the lowest levels first."""
        return [value for value in self.values.values() if value.section == name]

    def level(self, section: str, key: str) -> Level:
        """Which level an option's value comes from."""
        value = self.values.get((section, key))
        return value.level if value else Level.DEFAULT

    @property
    def is_silent(self) -> bool:
        """Whether nobody has configured the project: no file, and no setting or variable from elsewhere."""
        said = any(value.level > Level.SEALED for value in [*self.section("settings"), *self.section("env")])
        return not self.present and not said


def merge(file: ConfigurationFile, present: bool, values: Iterable[Value], problems: Iterable[str]) -> Configuration:
    """Check values and let the highest level of each win.

    Args:
        file: the main file.
        present: whether it was there.
        values: the values of all levels, in any order; of two of the same level, the later one wins.
        problems: what was wrong with where they came from.
    """
    found = list(problems)
    winners: dict[tuple[str, str], Value] = {}
    for value in sorted(values, key=lambda item: item.level):
        if problem := _check(value):
            found.append(problem)
            continue
        where = (value.section, value.key)
        if value.section == "settings" and value.key.endswith("+"):
            # Additions add up over the levels; each keeps a place of its own.
            where = (value.section, f"{value.key} {value.source}")
        before = winners.pop(where, None)
        shadowed = (before, *before.shadowed) if before else ()
        winners[where] = Value(value.section, value.key, value.text, value.level, value.source, shadowed)
    return Configuration(file, present, winners, tuple(sorted(found, key=by_line)))


def _check(value: Value) -> str:
    """What is wrong with a value by itself, or ""."""
    if value.section in OPEN_SECTIONS:
        return _check_open(value)
    if value.section not in SECTIONS:
        return f"{value.source}: unknown section [{value.section}]{_did_you_mean(value.section, SECTIONS)}"
    option = BY_NAME.get((value.section, value.key))
    if option is None:
        known = [key for section, key in BY_NAME if section == value.section]
        return f"{value.source}: [{value.section}] has no {value.key!r}{_did_you_mean(value.key, known)}"
    try:
        option.parse(value.text)
    except ValueError:
        return value.problem(option.kind.wanted)
    return ""


def _check_open(value: Value) -> str:
    if value.section == "env":
        name_fits = value.key.isidentifier() and "\0" not in value.text
    elif value.section == "gunicorn":
        name_fits = value.key.isidentifier()
    elif value.section == "modules":
        name_fits = all(part.isidentifier() for part in value.key.split("."))
        if not os.path.isabs(value.text):
            return value.problem("an absolute path")
    else:
        setting, *path = value.key.removesuffix("+").rstrip().split(".")
        name_fits = setting.isidentifier() and setting.isupper() and all(part and part == part.strip() for part in path)
    capitals = f", did you mean {value.key.upper()}?" if value.section == "settings" and value.key.islower() else ""
    return "" if name_fits else f"{value.source}: [{value.section}] cannot have the name {value.key!r}{capitals}"


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    import difflib

    known = list(known)
    if close := difflib.get_close_matches(word, known, n=1):
        return f", did you mean {close[0]}?"
    return f"; known are {', '.join(known)}"


def by_line(problem: str) -> tuple[str, int]:
    """The sort key that brings the problems of a file into the order of its lines."""
    place, _, line = problem.partition(": ")[0].rpartition(":")
    return (place, int(line)) if line.isdecimal() else (os.sep, 0)
