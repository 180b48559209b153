"""The management commands of a project and their options, as their parsers declare them; runs in the staged project.

A command is imported for that. What a module would do when it is imported, other than define things, is not done at a
build: such a command is known by its name alone. Meanwhile nobody is connected to, and no program is started.
"""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from typing import Any

from django_pyz_runtime.shell.commands import Command, Option, of_parser, plain_text, safe_words

_LABELS = ("app_label", "app_labels", "app_label[.ModelName]")
_FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "socket.bind", "subprocess.Popen", "os.system", "os.exec")
_DONE_AT_IMPORT = (ast.Expr, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Assert, ast.Delete)
_LONGEST_HELP = 400
_MOST_CHOICES = 200


class _Guard:
    """Gets every audit event of the process (https://docs.python.org/3/library/audit_events.html)."""

    def __init__(self) -> None:
        self.is_on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in _FORBIDDEN:
            raise PermissionError(f"{event} while commands are looked at")


def describe(places: tuple[str, ...]) -> list[dict[str, Any]]:
    """All commands, as plain values; the settings are imported and the apps loaded.

    Args:
        places: folders of this build, which no text may name.
    """
    from django.core.management import get_commands

    guard = _Guard()
    sys.addaudithook(guard)
    guard.is_on = True
    try:
        with _quiet():
            found = [_command(name, app) for name, app in sorted(get_commands().items()) if _is_plain(name)]
    finally:
        guard.is_on = False
    labels, aliases = _labels_and_aliases()
    return [_tidy(command, labels, aliases, places).plain() for command in found]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield


def _is_plain(name: str) -> bool:
    return safe_words([name]) == [name] and not name.endswith("=")


def _command(name: str, app: Any) -> Command:
    """A command; by its name alone where it cannot be imported, or had better not be."""
    from django.core.management import load_command_class

    module = f"{app if isinstance(app, str) else ''}.management.commands.{name}"
    try:
        if isinstance(app, str) and not app.startswith("django.") and not _only_defines(module):
            return Command(name)
        command = app if not isinstance(app, str) else load_command_class(app, name)
        parser = command.create_parser("", name)
        return of_parser(name, parser, str(command.help or ""))
    except (Exception, SystemExit):
        return Command(name)


def _only_defines(module: str) -> bool:
    """Whether a module does nothing when it is imported but import others and define things."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return False
    with open(spec.origin, "rb") as file:
        tree = ast.parse(file.read())
    return not any(isinstance(node, _DONE_AT_IMPORT) and not _is_harmless(node) for node in tree.body)


def _is_harmless(node: ast.stmt) -> bool:
    """Whether an expression is a text, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _labels_and_aliases() -> tuple[tuple[str, ...], tuple[str, ...]]:
    from django.apps import apps
    from django.conf import settings

    return tuple(safe_words(app.label for app in apps.get_app_configs())), tuple(safe_words(settings.DATABASES))


def _tidy(command: Command, labels: tuple[str, ...], aliases: tuple[str, ...], places: tuple[str, ...]) -> Command:
    """A command without what differs from machine to machine, and with names that it may be given."""

    def option(found: Option) -> Option:
        # They may come from a set, whose order is another one in each process.
        choices = tuple(sorted(found.choices)) if len(found.choices) <= _MOST_CHOICES else ()
        if not found.flags and not choices and found.metavar.lower() in map(str.lower, _LABELS):
            choices = labels
        if "--database" in found.flags and not choices:
            choices = aliases
        return found._replace(help=_text(found.help, places), choices=choices)

    return command._replace(
        help=_text(plain_text(command.help), places),
        description="",
        options=tuple(map(option, command.options)),
        operands=tuple(map(option, command.operands)),
        commands=tuple(_tidy(one, labels, aliases, places) for one in command.commands),
    )


def _text(text: str, places: tuple[str, ...]) -> str:
    """A help text; none where it names a place of this build, or an object in memory."""
    if any(place in text for place in places) or " at 0x" in text or os.path.expanduser("~") in text:
        return ""
    return text if len(text) <= _LONGEST_HELP else f"{text[:_LONGEST_HELP].rstrip()}..."
