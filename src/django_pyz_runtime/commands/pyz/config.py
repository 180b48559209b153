"""`pyz config`: write, check, show, discover and explain the configuration."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.activation.activate import Activation
from django_pyz_runtime.activation.prepare import all_problems, load
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.commands.pyz import explain
from django_pyz_runtime.commands.pyz.broken_settings import django_problems, import_settings, print_anything
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.config.options import OPTIONS, SECTIONS
from django_pyz_runtime.config.resolved import SETTINGS_MODULE
from django_pyz_runtime.config.settings_ini import fresh_settings_ini
from django_pyz_runtime.config.variable_targets import variables_of
from django_pyz_runtime.errors import UserError, system_reason
from django_pyz_runtime.secrets.recognise import shown_source


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb and its subcommands."""
    parser = verbs.add_parser("config", help="write, check, show and explain the configuration")
    parts = parser.add_subparsers(title="parts", metavar="PART", required=True)
    init = parts.add_parser("init", help="write a settings.ini with every option and a fresh secret key")
    init.add_argument(
        "-o", "--output", metavar="FILE", help="the file to write; - prints it (default: the place it is read from)"
    )
    init.set_defaults(run=run_init)
    parts.add_parser("check", help="report all problems at once").set_defaults(run=run_check)
    parts.add_parser("show", help="show every current value and its source").set_defaults(run=run_show)
    found = parts.add_parser("discover", help="list the environment variables that the project's settings read")
    found.set_defaults(run=run_discover)
    one = parts.add_parser("explain", help="explain one value: its source, and what it shadows")
    one.add_argument("key", metavar="KEY", help="SECTION.KEY, or the name of a Django setting")
    one.set_defaults(run=explain.run)


def run_init(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Write a new settings.ini; an existing one is left alone."""
    manifest = bundle.manifest
    made_from = variables_of(("ALLOWED_HOSTS", "DEBUG", "SECRET_KEY"), manifest.variables, bundle.project_folder)
    is_root = os.geteuid() == 0
    text = fresh_settings_ini(manifest.name, manifest.variables, for_system=is_root, made_from=made_from)
    if options.output == "-":
        sys.stdout.write(text)
        return 0
    hint = "Give another file with -o."
    configuration = load(bundle, arguments)
    path = Path(absolute(options.output or configuration.file.path, "-o"))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UserError(f"{path}: already exists and was not changed", hint=hint) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be written ({system_reason(error)})", hint=hint) from None
    print(f"Wrote {path}{_given_to_group(path, manifest.name)}.")
    hosts = " or ".join(item.name for item in made_from.get("ALLOWED_HOSTS", ())) or "ALLOWED_HOSTS"
    command = configuration.command(bundle.executable.name)
    if str(path) != configuration.file.path:
        command = shlex.join([bundle.executable.name, "--config", str(path)])
    print(f"Set {hosts} there, then `{command} pyz config check`.")
    return 0


def _given_to_group(path: Path, name: str) -> str:
    """Let the service's group, named as the project, read a file that root writes; text for the message."""
    if os.geteuid() != 0:
        return ""
    try:
        shutil.chown(path, group=name)
    except LookupError:
        return f", which only root can read: there is no group {name} yet"
    return f", which the group {name} can read"


def run_check(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Report all problems of the files, the values, gunicorn's settings and the settings module, and Django's."""
    from django_pyz_runtime.release import services

    configuration = load(bundle, arguments)
    if problems := all_problems(bundle, arguments, configuration):
        raise UserError(*problems)
    _, settings_problem = import_settings(bundle, arguments, configuration)
    if settings_problem:
        raise UserError(settings_problem)
    if problems := [f"{os.environ[SETTINGS_MODULE]}: {problem}" for problem in django_problems()]:
        command = configuration.command(bundle.executable.name)
        raise UserError(*problems, hint=f"See `{command} pyz config show` for the current values.")
    if problems := [*services.problems(bundle, configuration, services.management_commands)]:
        raise UserError(*problems)
    where = configuration.file.path if configuration.present else "no configuration file"
    print(f"{where}: no problems found")
    return 0


def run_show(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print all values as an ini file with the sources as comments."""
    print_anything()
    configuration = load(bundle, arguments)
    activation, settings_problem = import_settings(bundle, arguments, configuration)
    for section in SECTIONS:
        print(f"[{section}]", *_section_lines(configuration, section), "", sep="\n")
    for line in _changes(activation):
        print(line)
    if activation is not None and not settings_problem:
        print(*_in_force(), sep="\n")
    if configuration.problems:
        raise UserError(*configuration.problems)
    if settings_problem:
        raise UserError(f"the settings cannot be imported: {settings_problem}")
    return 0


def _section_lines(configuration: Configuration, section: str) -> Iterator[str]:
    for option in OPTIONS:
        if option.section == section and (section, option.key) not in configuration.values:
            yield _line(option.key, option.default, "default")
    for value in configuration.section(section):
        yield _line(value.key, value.shown, value.source)


def _line(key: str, text: str, source: str) -> str:
    line = f"{key} = {text}".replace("\n", ", ").rstrip()
    return f"{line:<50}  # {source}"


def _changes(activation: Activation | None) -> Iterator[str]:
    if activation is None:
        return
    for move in activation.moves:
        yield f"# moved out of the code: {move.setting} = {move.after}"
    if activation.generated_key:
        yield f"# SECRET_KEY is generated and kept in {activation.data_dir}"


def _in_force() -> Iterator[str]:
    """Django's final settings, from any source."""
    yield "# Django's final settings, except its defaults:"
    for name, value in explain.own_settings().items():
        text = repr(explain.without_secrets(name, value)).replace("\n", " ")
        yield f"# {name} = {text}"


def run_discover(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print the variables, required ones first."""
    variables = bundle.manifest.variables
    if not variables:
        print("The settings read no environment variables that the build could find.")
        return 0
    where = load(bundle, arguments).file.path
    required = [item for item in variables if item.is_required]
    optional = [item for item in variables if not item.is_required]
    for title, items in ((f"Required; set them in the section [env] of {where}:", required), ("Optional:", optional)):
        if items:
            print(title, *_variable_table(items), sep="\n")
    return 0


def _variable_table(variables: list[Variable]) -> Iterator[str]:
    width = max(len(item.name) for item in variables)
    for item in variables:
        default = "" if item.default is None else f" = {shown_source(item.name, item.default)}"
        yield f"  {item.name:<{width}}{default}  ({', '.join(filter(None, [item.where, item.kind, item.condition]))})"
