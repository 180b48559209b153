"""The parts of docs/reference that are made from declarations: tables of options, verbs and the manifest."""

from __future__ import annotations

import argparse
import inspect
import re
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from itertools import groupby

from django_pyz.options import Options
from django_pyz_runtime.bundle.manifest import Manifest, Variable
from django_pyz_runtime.commands import pyz
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS, Option

SCRIPT = "project-script"


def options_tables() -> str:
    """The options of settings.ini: a section with a table for each of its sections."""
    parts = []
    for section, options in groupby(OPTIONS, lambda option: option.section):
        rows = [_option_row(option) for option in options]
        parts.append(
            "\n".join(
                [
                    f"### [{section}]",
                    "",
                    _wrapped(SECTIONS[section]),
                    "",
                    "| Option | Default | Meaning |",
                    "|---|---|---|",
                    *rows,
                ]
            )
        )
    rows = [f"| `[{section}]` | {_cell(SECTIONS[section])} |" for section in OPEN_SECTIONS]
    parts.append("\n".join(["### Sections with names of your own", "", "| Section | Meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"


def _option_row(option: Option) -> str:
    default = f"`{option.default}`" if option.default else ""
    return f"| `{option.key}` | {default} | {_cell(option.help.format(name='NAME'))} |"


def build_options_table() -> str:
    """The options of a build."""
    rows = ["| Option | Meaning |", "|---|---|"]
    for item in fields(Options):
        name = f"`{item.name.replace('_', '-')}`"
        flag = "`collectstatic = false`, `--no-collectstatic`" if item.default is True else name
        meaning = f"{'do not ' if item.default is True else ''}{item.metadata['help']}"
        rows.append(f"| {flag} | {meaning} |")
    return "\n".join(rows) + "\n"


def verbs() -> str:
    """The verbs of `pyz`, as their parsers have them: a list of all, and a section with the options of each."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    known = parser.add_subparsers()
    for module in pyz._VERBS.values():
        import_module(f"{pyz.__name__}.{module}").add_to(known)
    found = list(_commands(known, "pyz"))
    rows = [f"| [`{name}`](#{name.replace(' ', '-')}) | {_cell(meaning)} |" for name, meaning, _ in found]
    return "\n".join(["| Verb | |", "|---|---|", *rows, "", *(_section(*one) for one in found)])


def manifest_table() -> str:
    """The fields of the manifest, as their classes describe them."""
    tables = [_attributes(Manifest), "Each of `variables` has", _attributes(Variable)]
    return "\n\n".join(tables) + "\n"


TABLES = {
    "build.md": {"build options": build_options_table},
    "settings-ini.md": {"options": options_tables},
    "commands.md": {"verbs": verbs},
    "manifest.md": {"manifest": manifest_table},
}
"""For each page: what stands in it, between a comment with this title and the next END."""
END = "<!-- end -->"


def up_to_date(name: str, text: str) -> str:
    """A page with its parts as the declarations make them.

    Args:
        name: of the page, in TABLES.
        text: the page.
    """
    for title, make in TABLES[name].items():
        begin = f"<!-- {title}: written by python -m tests.write_etc -->\n"
        before, found, rest = text.partition(begin)
        assert found, f"{name} has no place for {title}"
        text = f"{before}{begin}\n{make().strip()}\n\n{END}{rest.partition(END)[2]}"
    return text


def _commands(
    known: argparse._SubParsersAction[argparse.ArgumentParser], before: str
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """The commands of a parser and those below them: name, meaning and parser of each that does something."""
    meanings = {action.dest: action.help or "" for action in known._choices_actions}
    for word, parser in known.choices.items():
        below = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
        for more in below:
            yield from _commands(more, f"{before} {word}")
        if not below:
            yield f"{before} {word}", meanings[word], parser


def _section(name: str, meaning: str, parser: argparse.ArgumentParser) -> str:
    """What a verb's --help says, as a section."""
    actions = [action for action in parser._actions if action.help not in (None, argparse.SUPPRESS)]
    rows = [f"| `{_spelling(action)}` | {_meaning(action)} |" for action in actions if action.dest != "help"]
    parts = [
        f"### {name}",
        _wrapped(parser.description or f"{meaning[:1].upper()}{meaning[1:]}."),
        "\n".join(["| Argument | |", "|---|---|", *rows]) if rows else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _spelling(action: argparse.Action) -> str:
    value = "" if action.nargs == 0 else action.metavar or action.dest
    return " ".join(part for part in (", ".join(action.option_strings), str(value)) if part)


def _meaning(action: argparse.Action) -> str:
    return _cell((action.help or "").replace("%(default)s", str(action.default)))


def _attributes(of: type) -> str:
    """The table of a class's attributes, from its docstring."""
    _, _, text = (inspect.getdoc(of) or "").partition("Attributes:\n")
    items = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", text, re.MULTILINE)
    rows = [f"| `{name}` | {_cell(' '.join(meaning.split()))} |" for name, meaning in items]
    return "\n".join(["| Field | Meaning |", "|---|---|", *rows])


def _wrapped(text: str) -> str:
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
