"""A settings.ini with every option, made from their declarations."""

from __future__ import annotations

import secrets
import textwrap
from collections.abc import Collection, Iterator, Mapping, Sequence

from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS
from django_pyz_runtime.config.variable_targets import holds_key
from django_pyz_runtime.secrets.recognise import shown_source


def settings_ini(
    name: str, entries: Mapping[str, Sequence[str]] | None = None, in_force: Collection[tuple[str, str]] = ()
) -> str:
    """Every option, commented out, with its meaning and default.

    Args:
        name: of the project.
        entries: lines instead of the examples, for sections with keys of the user's choice ([env], [settings] ...).
        in_force: options that are not commented out, by section and key.
    """
    lines = [
        f"# The configuration of {name}. Uncomment what you change; `pyz config check` reports every mistake.",
        "# KEY@file = PATH and KEY@credential = NAME read a value from a file or a systemd credential.",
    ]
    for section, purpose in SECTIONS.items():
        lines += ["", "", f"[{section}]", *_comment(purpose)]
        for option in OPTIONS:
            if option.section == section:
                lines += ["", *_comment(option.help.format(name=name))]
                mark = "" if (section, option.key) in in_force else "#"
                lines.append(f"{mark}{option.key} = {(option.default or option.example).format(name=name)}".rstrip())
        if section in OPEN_SECTIONS:
            lines += ["", *((entries or {}).get(section) or _examples(section, name))]
    return "\n".join(lines) + "\n"


def fresh_settings_ini(
    name: str,
    variables: Sequence[Variable],
    *,
    for_system: bool,
    made_from: Mapping[str, Sequence[Variable]] | None = None,
    has_key: bool = True,
) -> str:
    """The same, ready for production: a secret key of its own, no debug pages, and the variables of this project.

    Args:
        name: of the project.
        variables: the environment variables that its settings read.
        for_system: whether it is for all users of the machine, whose commands are then to find the same data.
        made_from: the variables that settings are made from. Such a setting is set by its variable: a line in
            [settings] would shadow that.
        has_key: whether it holds the key. A file for several machines does not: each makes up its own.
    """
    made_from = made_from or {}
    key = secrets.token_urlsafe(50)
    fresh = {"DEBUG": "false", "SECRET_KEY": key, "ALLOWED_HOSTS": "localhost, 127.0.0.1"}
    if not has_key:
        del fresh["SECRET_KEY"]
    active = [f"{setting} = {text}" for setting, text in fresh.items() if setting not in made_from]
    others = [
        f"# {setting}: set {' or '.join(item.name for item in made_from[setting])} in [env], which it is made from"
        for setting in fresh
        if setting in made_from
    ]
    # One line per setting, so that uncommenting an example never duplicates a key.
    taken = tuple(f"#{setting} =" for setting in fresh)
    examples = [example for example in _examples("settings", name) if not example.startswith(taken)]
    holder = holds_key(made_from)
    given = {holder.name: key} if holder and has_key else {}
    if not has_key:
        others.append("# SECRET_KEY: made at the first start, and kept with the data")
    entries = {"env": [*_variable_lines(variables, given)], "settings": [*active, *others, *examples]}
    return settings_ini(name, entries, {("project", "data_dir")} if for_system else ())


def _examples(section: str, name: str) -> list[str]:
    return [f"#{example.format(name=name)}" for example in OPEN_SECTIONS[section]]


def _variable_lines(variables: Sequence[Variable], given: Mapping[str, str]) -> Iterator[str]:
    """A line for each variable, commented unless it is given: the required first, each with where it is read."""
    for item in sorted(variables, key=lambda item: not item.is_required):
        default = f"default {shown_source(item.name, item.default)}" if item.default is not None else ""
        need = "required" if item.is_required else default
        yield f"# {', '.join(filter(None, [item.kind, need, item.where, item.condition]))}"
        yield f"{item.name} = {given[item.name]}" if item.name in given else f"#{item.name} ="


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# ")
