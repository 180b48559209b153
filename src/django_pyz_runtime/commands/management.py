"""Every management command, by Django's own `execute_from_command_line`; collectstatic and compress also take --dir."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from io import StringIO
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime.activation import manage_py
from django_pyz_runtime.activation.prepare import prepare, run_first
from django_pyz_runtime.activation.settings_errors import missing_settings, refused
from django_pyz_runtime.activation.settings_hook import when_imported
from django_pyz_runtime.activation.zero_config import KEY_FILE
from django_pyz_runtime.boot.arguments import OURS, Arguments, Assignment
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.data import ownership
from django_pyz_runtime.data.database_files import left_to_root, unusable, unwritable
from django_pyz_runtime.errors import UserError, say, system_reason
from django_pyz_runtime.static.committed import find_committed

WRITE_STATIC = ("collectstatic", "compress")
_TAKE_NO_FILES = (
    *WRITE_STATIC,
    *("changepassword", "check", "clearsessions", "createcachetable", "createsuperuser", "flush", "migrate"),
    *("runserver", "showmigrations", "sqlmigrate"),
)
"""Django's commands that run in the project's folder, as migrations and apps may read files relative to it. All others
run in the current folder, as their arguments may be relative to it."""
_PRINT_SETTINGS = (["diffsettings"], ["print_settings"])
"""Commands of Django's and of django-extensions that print settings."""
OUR_COMMANDS = """
[django-pyz]
    pyz
    runserve

Before a command: --config FILE, --set SECTION.KEY=VALUE
"""


def manage(bundle: Bundle, arguments: Arguments, tell: Callable[[str], None] = lambda text: None) -> int:
    """Run a management command as manage.py would.

    Args:
        bundle: this one.
        arguments: of the command line.
        tell: gets a line about what the command waits for, and "" when that ends.

    Raises:
        UserError: the configuration or the project's settings do not allow it.
        SystemExit: as the command ends itself.
    """
    command = arguments.command
    writes_static = bool(command) and command[0] in WRITE_STATIC
    if writes_static:
        arguments = _with_static_root(arguments)
    configuration, activation = prepare(bundle, arguments)
    run_first(configuration)
    if not bundle.is_staged:
        when_imported("django.core.management.base", lambda base: _learn_lock(base, bundle.manifest.name, tell))
    sys.argv[1:] = command
    program = configuration.command(bundle.executable.name)
    when_imported("django.core.management", lambda management: _learn_our_commands(management, program))
    if os.environ.get("NO_COLOR"):
        # Django has its own variable for that.
        os.environ.setdefault("DJANGO_COLORS", "nocolor")
    if command and command[0] in _TAKE_NO_FILES:
        os.chdir(activation.project_folder)
    from django.core.exceptions import ImproperlyConfigured

    try:
        if writes_static:
            from django_pyz_runtime.static.dir_option import before, learn_dir

            def learn() -> None:
                committed = find_committed(activation.static_root, activation.code_folder / PROJECT_FOLDER)
                learn_dir(command[0], program, committed, has_root=activation.may_collect)

            before(command[0], learn)
        with _shown_settings() if command[:1] in _PRINT_SETTINGS else nullcontext():
            manage_py.run(bundle.manifest, activation.code_folder, command)
        _list_ours(command)
    except SystemExit as ended:
        if not ended.code:
            _list_ours(command)
        raise
    except ModuleNotFoundError as error:
        raise missing_settings(error) or error from None
    except ImproperlyConfigured as error:
        hint = f"See `{program} pyz config show` for the current values and their sources."
        raise refused(error, "" if bundle.is_staged else hint) from error
    except Exception as error:
        if (
            told := _told_database(error)
            or unusable(error, activation.data_dir)
            or _unanswered(error, command, program)
        ):
            raise told from error
        raise
    finally:
        if os.geteuid() == 0 and not bundle.is_staged:
            _say_what_is_left_to_root(activation.data_dir)
    return 0


def _list_ours(command: list[str]) -> None:
    """Print our commands after Django's list of commands."""
    if command in ([], ["help"], ["--help"], ["-h"]):
        sys.stdout.write(OUR_COMMANDS)
    elif command == ["help", "--commands"]:
        sys.stdout.write("".join(f"{name}\n" for name in sorted(OURS)))


def _learn_our_commands(management: ModuleType, program: str) -> None:
    """Suggest our commands for misspelt names, as Django does with its own."""
    utility: Any = management.ManagementUtility
    fetch = utility.fetch_command

    def fetch_command(self: Any, subcommand: str) -> Any:
        known = management.get_commands()
        if subcommand not in known:
            from django_pyz_runtime.texts import nearest

            if (meant := nearest(subcommand, [*OURS, *known])) in OURS:
                raise UserError(
                    f"unknown command: {subcommand!r}. Did you mean {meant}?", hint=f"`{program} help` lists all."
                )
        return fetch(self, subcommand)

    utility.fetch_command = fetch_command


def _learn_lock(base: ModuleType, name: str, tell: Callable[[str], None]) -> None:
    """Let only one process at a time migrate a database; most commands never get there."""
    command: Any = base.BaseCommand
    execute = command.execute

    def execute_alone(self: Any, *args: Any, **options: Any) -> Any:
        if not type(self).__module__.endswith(".management.commands.migrate"):
            return execute(self, *args, **options)
        from django_pyz_runtime.release.migration_lock import while_migrating

        with while_migrating(name, options, tell):
            return execute(self, *args, **options)

    command.execute = execute_alone


@contextmanager
def _shown_settings() -> Iterator[None]:
    """Print the output of the block at its end, without secrets."""
    from django_pyz_runtime.secrets.printed_settings import shown_print

    out = sys.stdout
    with redirect_stdout(StringIO()) as printed:
        try:
            yield
        finally:
            out.write(shown_print(printed.getvalue()))


def _told_database(error: Exception) -> UserError | None:
    """The error for a database file that this user cannot write; None for other errors."""
    from django.conf import settings
    from django.db import OperationalError

    causes: list[BaseException | None] = [error, error.__cause__, error.__context__]
    is_about = any(isinstance(cause, OperationalError) for cause in causes)
    return unwritable(settings.DATABASES) if is_about else None


def _unanswered(error: Exception, command: list[str], program: str) -> UserError | None:
    """What to say where a database cannot be connected to, which is seldom a bug."""
    from django_pyz_runtime.release.away import unanswered, unconnected

    connection = None if "--traceback" in command else unconnected(error)
    return unanswered(connection, error, program) if connection else None


def _say_what_is_left_to_root(data_dir: Path) -> None:
    from django.conf import settings

    ownership.give()
    databases = settings.DATABASES if settings.configured else {}
    if told := left_to_root(databases, data_dir / KEY_FILE):
        say(str(told))


def _with_static_root(arguments: Arguments) -> Arguments:
    """Make `--dir DIR` the static root before the settings are read, so that storages and manifests follow it.

    The settings are read before Django parses the command line, so `--settings` is handled here as well.

    Raises:
        UserError: the folder cannot be created.
    """
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--dir")
    parser.add_argument("--settings")
    given = parser.parse_known_args(arguments.command[1:])[0]
    assignments: list[Assignment] = []
    if given.dir:
        folder = absolute(given.dir, "--dir")
        _make_folder(Path(folder))
        assignments.append(("--dir", f"static.root={folder}"))
    if given.settings:
        assignments.append(("--settings", f"project.settings_module={given.settings}"))
    return arguments.with_assignments(*assignments)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"--dir {folder}: {system_reason(error)}") from None
