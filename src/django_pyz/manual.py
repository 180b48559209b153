"""Completion and the man page of the build tool, generated from its parser and the build options."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import fields

from django_pyz.options import TABLE, Options
from django_pyz_runtime.shell import completion, man
from django_pyz_runtime.shell.commands import Command, of_parser

NAME = "django-pyz"
_MARK = "Written by python -m tests.write_etc, for django-pyz."


def _commands(parser: ArgumentParser) -> Command:
    return of_parser(NAME, parser)


def completion_script(parser: ArgumentParser, shell: str) -> str:
    """The completion script for a shell.

    Args:
        parser: of the tool.
        shell: the name of a supported shell.
    """
    made = completion.table(_commands(parser), (NAME,))
    return completion.SHELLS[shell](made, f"# {_MARK}")


def shared_files(parser: ArgumentParser) -> dict[str, str]:
    """The files to install below share/, where shells and man(1) look for them.

    Args:
        parser: of the tool.
    """
    return {
        f"bash-completion/completions/{NAME}": completion_script(parser, "bash"),
        f"zsh/site-functions/_{NAME}": completion_script(parser, "zsh"),
        f"fish/vendor_completions.d/{NAME}.fish": completion_script(parser, "fish"),
        f"man/man1/{NAME}.1": page(parser),
    }


def page(parser: ArgumentParser) -> str:
    """The man page django-pyz(1).

    Args:
        parser: of the tool.
    """
    command = _commands(parser)
    hidden = ("--help", "--version")
    about = "The build works on a copy and leaves the project unchanged. The file contains the code, the packages, the "
    about += "static files and a server; the target machine only needs Python."
    table = f"Each option of `build` can also be set in the table [tool.{TABLE}] of the project's pyproject.toml. "
    table += "The command line wins."
    usage = [f"{man.bold(NAME)} {man.italic('COMMAND')} [{man.italic('OPTION')}]... [{man.italic('ARGUMENT')}]"]
    parts: list[tuple[str, list[str]]] = [
        ("synopsis", usage),
        ("description", [man.prose(f"{command.description} {about}")]),
        ("options", list(man.option_entries(command.options))),
        ("commands", list(man.command_entries(command.commands, hidden=hidden))),
        ("configuration", [man.prose(table), *_table()]),
        ("environment", list(_variables())),
        ("exit status", [*man.entry(man.bold("0"), "Success."), *man.entry(man.bold("2"), _MISTAKE)]),
    ]
    purpose = "turn a Django project into one executable file"
    return man.page(man.Page(NAME, 1, purpose, "", NAME), _MARK, parts)


_MISTAKE = "A mistake in the project or on the command line."


def _table() -> Iterator[str]:
    for item in fields(Options):
        help_text = str(item.metadata["help"])
        kind = "a list" if isinstance(item.default, tuple) else "true or false" if item.default is True else "a string"
        kind = "a table of strings" if item.metadata.get("is_table") else kind
        yield from man.entry(man.bold(item.name.replace("_", "-")), f"{help_text[:1].upper()}{help_text[1:]} ({kind}).")


def _variables() -> Iterator[str]:
    yield from man.entry(man.bold("SOURCE_DATE_EPOCH"), "The timestamp in the file, in seconds since 1970.")
    yield from man.entry(man.bold("DJANGO_SETTINGS_MODULE"), "The settings module, if the project has several.")
    yield from man.entry(man.bold("NO_COLOR"), "No colours in the output.")
