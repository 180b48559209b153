"""`pyz config`: write, check, show and explain the configuration."""

from __future__ import annotations

import importlib
import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime import confidential, sources
from django_pyz_runtime.activate import SETTINGS_MODULE, Activation, activate
from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration, Value
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.options import BY_NAME, OPTIONS, SECTIONS
from django_pyz_runtime.prepare import all_problems
from django_pyz_runtime.shipped import fresh_settings_ini


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb and its parts."""
    parser = verbs.add_parser("config", help="write, check, show and explain the configuration")
    parts = parser.add_subparsers(title="parts", metavar="PART", required=True)
    init = parts.add_parser("init", help="write a settings.ini with every option and a fresh secret key")
    init.add_argument(
        "-o", "--output", metavar="FILE", help="where to; - prints it (default: the place it is read from)"
    )
    init.set_defaults(run=run_init)
    check = parts.add_parser("check", help="report everything that is wrong, in one go")
    check.set_defaults(run=run_check)
    show = parts.add_parser("show", help="every value in force, and where it is from")
    show.set_defaults(run=run_show)
    explain = parts.add_parser("explain", help="one value: where it is from, and what it shadows")
    explain.add_argument("key", metavar="KEY", help="SECTION.KEY, or the name of a Django setting")
    explain.set_defaults(run=run_explain)


def run_init(site: Site, arguments: Arguments, options: Namespace) -> int:
    """Write a new settings.ini; one that is there is left alone."""
    text = fresh_settings_ini(site.manifest.name)
    if options.output == "-":
        sys.stdout.write(text)
        return 0
    path = Path(options.output or _load(site, arguments).file.path).absolute()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640), "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise Complaint(f"{path}: is already there, and stays as it is", hint="Give another file with -o.") from None
    except OSError as error:
        raise Complaint(
            f"{path}: cannot be written ({(error.strerror or str(error)).lower()})", hint="Give another file with -o."
        ) from None
    print(f"Wrote {path}. Set ALLOWED_HOSTS there, then `{site.executable.name} pyz config check`.")
    return 0


def run_check(site: Site, arguments: Arguments, options: Namespace) -> int:
    """Report all problems: of the files, of the values, of gunicorn's settings, and of the settings module itself."""
    configuration = _load(site, arguments)
    problems = all_problems(site, arguments, configuration)
    if not problems:
        from django_pyz_runtime.serve.command import gunicorn_settings

        gunicorn_settings(site, configuration)
        if error := _settings_error(os.environ[SETTINGS_MODULE]):
            problems = [error]
    if problems:
        raise Complaint(*problems)
    where = configuration.file.path if configuration.present else "no configuration file"
    print(f"{where}: no problems found")
    return 0


def run_show(site: Site, arguments: Arguments, options: Namespace) -> int:
    """Print all values as an ini file with the sources as comments."""
    configuration = _load(site, arguments)
    activation, settings_problem = _settings_as_they_are(site, arguments, configuration)
    for section in SECTIONS:
        print(f"[{section}]")
        for line in _section_lines(configuration, section):
            print(line)
        print()
    for line in _changes(activation):
        print(line)
    if configuration.problems:
        raise Complaint(*configuration.problems)
    if settings_problem:
        raise Complaint(f"the settings cannot be imported: {settings_problem}")
    return 0


def run_explain(site: Site, arguments: Arguments, options: Namespace) -> int:
    """Print a value, its source, and what it shadows."""
    configuration = _load(site, arguments)
    section, key = _find_key(options.key)
    value = configuration.values.get((section, key))
    if (section, key) in BY_NAME:
        lines = _explain_option(configuration, section, key, value)
    elif section == "settings":
        lines = _explain_setting(site, arguments, configuration, key, value)
    elif value:
        lines = [f"{section}.{key} = {value.shown}", f"  from     {value.source}"]
    else:
        raise Complaint(f"{options.key}: is not set", hint=f"See `{site.executable.name} pyz config show`.")
    for line in [*lines, *_shadow_lines(value)]:
        print(line)
    return 0


def _load(site: Site, arguments: Arguments) -> Configuration:
    return sources.load(site.manifest, arguments, os.environ, os.geteuid())


def _settings_as_they_are(
    site: Site, arguments: Arguments, configuration: Configuration
) -> tuple[Activation | None, str]:
    """Import the settings and say what keeps them from it."""
    try:
        activation = activate(site, configuration, arguments)
    except Complaint as complaint:
        return None, str(complaint)
    return activation, _settings_error(os.environ[SETTINGS_MODULE])


def _settings_error(module: str) -> str:
    sys.modules.pop(module, None)
    try:
        importlib.import_module(module)
    except (Exception, SystemExit) as error:
        return f"{module}: {type(error).__name__}: {error}" if not isinstance(error, Complaint) else str(error)
    return ""


def _section_lines(configuration: Configuration, section: str) -> Iterator[str]:
    for option in OPTIONS:
        if option.section == section and (section, option.key) not in configuration.values:
            yield _line(option.key, option.default, "default")
    for value in configuration.section(section):
        yield _line(value.key, value.shown, value.source)


def _line(key: str, text: str, source: str) -> str:
    shown = text.replace("\n", ", ")
    return f"{f'{key} = {shown}'.rstrip():<50}  # {source}"


def _changes(activation: Activation | None) -> Iterator[str]:
    if activation is None:
        return
    for move in activation.moves:
        yield f"# moved out of the code: {move.setting} = {move.after}"
    if activation.generated_key:
        yield f"# SECRET_KEY is generated and kept in {activation.data_dir}"


def _find_key(name: str) -> tuple[str, str]:
    """The section and key that a word means: SECTION.KEY, a key of ours, or a Django setting."""
    section, dot, key = name.partition(".")
    if dot and section in SECTIONS:
        return section, key
    if name.isupper() or section.isupper():
        return "settings", name
    if found := [where for where in BY_NAME if where[1] == name]:
        return found[0]
    raise Complaint(
        f"{name}: wanted SECTION.KEY or a Django setting, with a section of {', '.join(SECTIONS)}",
    )


def _explain_option(configuration: Configuration, section: str, key: str, value: Value | None) -> list[str]:
    option = BY_NAME[section, key]
    text = value.shown if value else option.default
    return [
        f"{section}.{key} = {text}".rstrip(),
        f"  from     {value.source if value else 'default'}",
        f"  meaning  {option.help.format(name=configuration.file.path.split('/')[-2])}",
        f"  wanted   {option.kind.wanted}",
    ]


def _explain_setting(
    site: Site, arguments: Arguments, configuration: Configuration, key: str, value: Value | None
) -> list[str]:
    activation, problem = _settings_as_they_are(site, arguments, configuration)
    if problem or activation is None:
        raise Complaint(f"{key}: the settings cannot be imported: {problem}")
    module = sys.modules[os.environ[SETTINGS_MODULE]]
    found = _look_up(module, key)
    lines = [f"{key} = {confidential.shown(key, repr(found))}"]
    moved = next((move for move in activation.moves if move.setting == key), None)
    if moved:
        lines.append(f"  moved    out of the code, from {moved.before}")
    inside = [item for item in configuration.section("settings") if item.key.startswith(key + ".")]
    lines += [f"  changed  {item.key} = {item.shown} ({item.source})" for item in inside]
    if value:
        return [*lines, f"  from     {value.source}"]
    if key == "SECRET_KEY" and activation.generated_key:
        return [
            *lines,
            f"  from     {activation.data_dir / 'secret_key'}, generated as the project has none of its own",
        ]
    owner = "the settings module " + module.__name__ if hasattr(module, key.split(".")[0]) else "Django's default"
    return [*lines, f"  from     {owner}"]


def _look_up(module: ModuleType, key: str) -> object:
    """The value of a setting, with dots inside dictionaries.

    Raises:
        Complaint: there is none.
    """
    from django.conf import global_settings

    head, *path = key.split(".")
    found: Any = getattr(module, head, getattr(global_settings, head, None))
    if found is None and not hasattr(module, head) and not hasattr(global_settings, head):
        raise Complaint(f"{head}: neither {module.__name__} nor Django has such a setting")
    for part in path:
        try:
            found = found[int(part) if isinstance(found, list | tuple) else part]
        except (KeyError, IndexError, ValueError, TypeError):
            raise Complaint(f"{key}: there is no {part!r} in it") from None
    return _without_secrets(found)


def _without_secrets(value: object) -> object:
    """A value whose dictionaries show no secrets."""
    if isinstance(value, dict):
        return {
            key: confidential.HIDDEN
            if isinstance(item, str) and confidential.is_secret(str(key), item)
            else _without_secrets(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(_without_secrets(item) for item in value)
    return value


def _shadow_lines(value: Value | None) -> Iterator[str]:
    for shadowed in value.shadowed if value else ():
        yield f"  shadows  {shadowed.shown} ({shadowed.source})"
