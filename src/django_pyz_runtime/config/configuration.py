"""The configuration: the merged values of all levels, each with its source and what it shadows, and all problems."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple

from django_pyz_runtime.bundle import services
from django_pyz_runtime.bundle.names import ConfigurationFile
from django_pyz_runtime.config.options import BY_NAME, OPEN_SECTIONS, SECTIONS
from django_pyz_runtime.secrets.recognise import is_secret, shown, shown_name
from django_pyz_runtime.texts import nearest

_HELPED = 100
"""How many mistakes get a "did you mean": each takes some time to find, too much for a file full of mistakes."""
_DEEPEST = 20
"""How many names may follow that of a setting."""
_PLAIN_TEXT = "text that can be encoded, without NUL characters"
_PLACE = r"([^\n]*?):(\d{1,9}): "


class Level(IntEnum):
    """The precedence of sources; a higher level shadows a lower one."""

    DEFAULT = 0
    SEALED = 1
    FILE = 2
    FRAGMENT = 3
    CREDENTIAL = 4
    ENVIRONMENT = 5
    COMMAND_LINE = 6


class Value(NamedTuple):
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
    text: str
    level: Level
    source: str
    shadowed: tuple[Value, ...] = ()

    def __repr__(self) -> str:
        return f"Value({self.section!r}, {self.key!r}, {self.shown!r}, {self.source!r})"

    @property
    def shown(self) -> str:
        """The text, without secrets."""
        return shown(self.key, self.text)

    @property
    def is_secret(self) -> bool:
        """Whether the text must be kept from other users."""
        return is_secret(self.key, self.text)

    def problem(self, wanted: str) -> str:
        """The message that this value is not valid."""
        name = self.key.rstrip("+ ")
        return f"{self.source}: [{self.section}] {name}: wanted {wanted}, found {self.shown!r}"


class Configuration(NamedTuple):
    """The merged values of all levels. Problems are kept, not raised, so that each reader can decide.

    Attributes:
        file: the main file.
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

    def texts(self) -> Iterator[tuple[str, str]]:
        """Key and text of every value, those that are shadowed included."""
        for value in self.values.values():
            yield from ((one.key, one.text) for one in (value, *value.shadowed))

    def section(self, name: str) -> list[Value]:
        """The values of a section, those of the lowest levels first."""
        return [value for value in self.values.values() if value.section == name]

    def command(self, program: str) -> str:
        """The start of a command line with the same configuration, for messages; secrets are masked.

        Environment variables are left out, as they are still set when the command is run.
        """
        import shlex

        words = ["--config", self.file.path] if self.file.named_by == "--config" else []
        for value in self.values.values():
            if value.source.startswith("--set "):
                words += ["--set", f"{value.section}.{value.key}={value.shown}"]
        return shlex.join([program, *words])

    def level(self, section: str, key: str) -> Level:
        """The level of an option's value."""
        value = self.values.get((section, key))
        return value.level if value else Level.DEFAULT

    @property
    def is_silent(self) -> bool:
        """Whether there is no configuration: no file, and no setting or variable from elsewhere."""
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
        if problem := _check(value, helps=len(found) < _HELPED) or _too_late(value, file):
            found.append(problem)
            continue
        where = (value.section, value.key)
        if value.section == "settings" and value.key.endswith("+"):
            # Additions add up, also two of the same option; each keeps a place of its own.
            where = (value.section, f"{value.key} {value.source} {len(winners)}")
        before = winners.pop(where, None)
        shadowed = (before, *before.shadowed) if before else ()
        winners[where] = Value(value.section, value.key, value.text, value.level, value.source, shadowed)
    found += _units_of_one_name(winners.values())
    return Configuration(file, present, winners, tuple(sorted(found, key=by_line)))


def _units_of_one_name(values: Iterable[Value]) -> Iterator[str]:
    """Services and timers whose units would have the same name."""
    seen: dict[str, Value] = {}
    for value in values:
        if value.section in services.SECTIONS and value.text:
            other = seen.setdefault(services.unit_stem(value.section, value.key), value)
            if other is not value:
                where = f"{value.source}: [{value.section}] {value.key}"
                what = f"[{other.section}] {other.key} ({other.source})"
                yield f"{where}: its unit would have the same name as that of {what}"


def _check(value: Value, *, helps: bool) -> str:
    """The problem of a value by itself, or ""; with a suggestion if `helps`."""
    if value.section in OPEN_SECTIONS:
        return _check_open(value)
    if value.section not in SECTIONS:
        return f"{value.source}: unknown section [{value.section}]{_did_you_mean(value.section, SECTIONS, helps)}"
    option = BY_NAME.get((value.section, value.key))
    if option is None:
        known = [key for section, key in BY_NAME if section == value.section]
        return (
            f"{value.source}: [{value.section}] has no {shown_name(value.key)}{_did_you_mean(value.key, known, helps)}"
        )
    if not _can_be_passed_on(value.text):
        return value.problem(_PLAIN_TEXT)
    try:
        option.parse(value.text)
    except ValueError:
        return value.problem(option.kind.wanted)
    return ""


def _too_late(value: Value, file: ConfigurationFile) -> str:
    """The problem of an option that is needed before its level can be read, or ""."""
    if (value.section, value.key) != ("project", "cache_dir") or value.level in (Level.FILE, Level.ENVIRONMENT):
        return ""
    return (
        f"{value.source}: [project] cache_dir: has no effect here, as the code is unpacked before this is read: "
        f"set it in {file.path}"
    )


def _check_open(value: Value) -> str:
    if value.section in services.SECTIONS:
        problem = services.problem_of(value.section, value.key, value.text)
        return f"{value.source}: [{value.section}] {value.key}: {problem}" if problem else ""
    if not _has_fitting_name(value):
        capitals = f", did you mean {value.key.upper()}?" if value.section == "settings" and value.key.islower() else ""
        return f"{value.source}: [{value.section}] cannot have the name {shown_name(value.key)}{capitals}"
    if value.section == "modules" and not os.path.isabs(value.text):
        return value.problem("an absolute path")
    return "" if _can_be_passed_on(value.text) else value.problem(_PLAIN_TEXT)


def _has_fitting_name(value: Value) -> bool:
    if value.section in ("env", "gunicorn"):
        return value.key.isidentifier() and _can_be_passed_on(value.key)
    if value.section == "modules":
        return all(part.isidentifier() for part in value.key.split("."))
    setting, *path = value.key.removesuffix("+").rstrip().split(".")
    is_setting = setting.isidentifier() and setting.isupper()
    return is_setting and len(path) <= _DEEPEST and all(part and part == part.strip() for part in path)


def _can_be_passed_on(text: str) -> bool:
    """Whether a text can be a file name and an environment variable."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeEncodeError:
        return False


def _did_you_mean(word: str, known: Collection[str], helps: bool) -> str:
    if not helps:
        return ""
    meant = nearest(word, known)
    return f", did you mean {meant}?" if meant else f"; known are {', '.join(known)}"


def by_line(problem: str) -> tuple[str, int]:
    """The sort key that orders the problems of a file by line."""
    found = re.match(_PLACE, problem)
    return (found[1], int(found[2])) if found else (os.sep, 0)
