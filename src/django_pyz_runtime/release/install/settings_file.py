"""Writes values into the text of a settings.ini."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django_pyz_runtime.boot import ini
from django_pyz_runtime.boot.arguments import Assignment
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.secrets.recognise import shown

_ACTIVE, _EXAMPLE = r"", r"#"


def with_values(path: str, text: str, assignments: Sequence[Assignment], *, is_new: bool) -> str:
    """Write the values of `--set` into the text of a settings.ini.

    A value replaces the present one if the file is new, or else a commented example, or is added at the end of its
    section.

    Args:
        path: of the file, for messages.
        text: of the file.
        assignments: the values, each SECTION.KEY=VALUE.
        is_new: whether present values may be replaced; not in an operator's file.

    Raises:
        UserError: the file has another value, or a value cannot be written in such a file.
    """
    before = {(entry.section, _base(entry.key)): entry for entry in ini.read(text.encode())[0]}
    conflicts: list[str] = []
    for (section, key), value in _values(assignments).items():
        option, entry = f"--set {section}.{key}", before.get((section, _base(key)))
        if entry and (entry.key, entry.text) == (key, value):
            continue
        if entry and not is_new:
            here, given = shown(entry.key, entry.text), shown(key, value)
            conflicts.append(f"{path}:{entry.line}: [{section}] {entry.key} is {here!r}, and {option} says {given!r}")
            continue
        text = _with_value(text, section, key, value)
        if [one.text for one in ini.read(text.encode())[0] if (one.section, one.key) == (section, key)] != [value]:
            raise UserError(
                f"{option}: cannot be written into a settings.ini as it stands",
                hint="Write the value into a file of its own, and set KEY@file to its path.",
            )
    if conflicts:
        raise UserError(*conflicts, hint=f"Change {path}, or leave these values out. Nothing was changed.")
    return text


def without_secrets(text: str) -> str:
    """The text of a settings.ini without its secrets."""
    lines = []
    for line in text.splitlines(keepends=True):
        key, equals, value = line.partition("=")
        is_entry = equals and not line.startswith(("#", " "))
        lines.append(f"{key}= {shown(key.strip(), value.strip())}\n" if is_entry else line)
    return "".join(lines)


def _values(assignments: Sequence[Assignment]) -> dict[tuple[str, str], str]:
    """The values by section and key; additions, whose keys end with " +", accumulate."""
    values: dict[tuple[str, str], str] = {}
    for _, assignment in assignments:
        name, _, value = assignment.partition("=")
        section, _, key = name.strip().partition(".")
        key, value = key.strip(), value.strip()
        if key.endswith("+"):
            key = f"{key[:-1].rstrip()} +"
            value = ", ".join(filter(None, [values.get((section, key), ""), value]))
        values[section, key] = value
    return values


def _base(key: str) -> str:
    """A key without its suffix: KEY@file sets the same as KEY."""
    return key.partition("@")[0]


def _with_value(text: str, section: str, key: str, value: str) -> str:
    lines = text.splitlines()
    new = f"{key[:-1]}+= {value}" if key.endswith("+") else f"{key} = {value}".rstrip()
    # Further lines of a value are indented.
    made = new.replace("\n", "\n    ")
    start, end = _section(lines, section)
    if start is None:
        return "\n".join([*lines, "", f"[{section}]", made]) + "\n"
    for mark in (_ACTIVE, _EXAMPLE):
        pattern = re.compile(rf"{mark}{re.escape(_base(key).rstrip('+ '))}(@\w+)?\s*(\+?)=")
        for number in range(start, end):
            found = pattern.match(lines[number])
            if found and bool(found[2]) == key.endswith("+"):
                return "\n".join([*lines[:number], made, *lines[number + 1 :]]) + "\n"
    while end > start and not lines[end - 1].strip():
        end -= 1
    return "\n".join([*lines[:end], made, *lines[end:]]) + "\n"


def _section(lines: Sequence[str], section: str) -> tuple[int | None, int]:
    """The numbers of the first line of a section and of the one after its last; None if there is none."""
    start = next((number for number, line in enumerate(lines, 1) if line.strip() == f"[{section}]"), None)
    if start is None:
        return None, len(lines)
    after = (number for number in range(start, len(lines)) if lines[number].startswith("["))
    return start, next(after, len(lines))
