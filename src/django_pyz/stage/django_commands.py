"""Lists the management commands of a project with their options, from their parsers; runs in the staged project.

Commands are imported for this, unless their module does more on import than define things: such a command is listed by
name only. Meanwhile connections and new processes are blocked.
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
    """Receives every audit event of the process (https://docs.python.org/3/library/audit_events.html)."""

    def __init__(self) -> None:
        self.is_on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and event in _FORBIDDEN:
            raise PermissionError(f"{event} while commands are listed")


def describe(places: tuple[str, ...]) -> list[dict[str, Any]]:
    """All commands, as plain values; the settings must be imported and the apps loaded.

    Args:
        places: folders of this build, which must not appear in texts.
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
    """A command; only its name if it cannot or should not be imported."""
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
    """Whether importing a module only imports others and defines things."""
    spec = importlib.util.find_spec(module)
    if spec is None or not spec.origin or not spec.origin.endswith(".py"):
        return False
    with open(spec.origin, "rb") as file:
        tree = ast.parse(file.read())
    return not any(isinstance(node, _DONE_AT_IMPORT) and not _is_harmless(node) for node in tree.body)


def _is_harmless(node: ast.stmt) -> bool:
    """Whether an expression is a string, such as a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _labels_and_aliases() -> tuple[tuple[str, ...], tuple[str, ...]]:
    from django.apps import apps
    from django.conf import settings

    return tuple(safe_words(app.label for app in apps.get_app_configs())), tuple(safe_words(settings.DATABASES))


def _tidy(command: Command, labels: tuple[str, ...], aliases: tuple[str, ...], places: tuple[str, ...]) -> Command:
    """A command without machine-dependent values, and only with valid names."""

    def option(found: Option) -> Option:
        # They may come from a set, whose order differs between processes.
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
    """A help text; empty if it contains a path of this build, or an object in memory."""
    if any(place in text for place in places) or " at 0x" in text or os.path.expanduser("~") in text:
        return ""
    return text if len(text) <= _LONGEST_HELP else f"{text[:_LONGEST_HELP].rstrip()}..."
