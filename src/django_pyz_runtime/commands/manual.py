"""All commands of a bundle, and the completion scripts and man pages made from them."""

from __future__ import annotations

import contextlib
import json
import zipfile
from argparse import ArgumentParser
from collections.abc import Iterator

from django_pyz_runtime.boot.arguments import add_common_options
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import COMMANDS_FILE
from django_pyz_runtime.commands.pyz import pyz_parser
from django_pyz_runtime.commands.runserve import runserve_parser
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS
from django_pyz_runtime.release.files import shell_files
from django_pyz_runtime.release.files.files import HostFile
from django_pyz_runtime.release.files.site import Site
from django_pyz_runtime.shell import completion, man
from django_pyz_runtime.shell.commands import Command, Option, of_parser
from django_pyz_runtime.shell.parser import add_version

_NO_DAY = (1980, 1, 1)
"""The earliest time that a zip file can express."""
_COMMON = ("--config", "--set", "--help", "--version")
_EXIT_CODES = {
    "0": "Success.",
    "1": "A management command failed.",
    "2": "A mistake on the command line or in the configuration.",
    "3": "`pyz status` or `pyz doctor` found something wrong.",
    "75": "`runserve` did not get a database in time.",
    "130": "Ctrl-C.",
}


def project_commands(bundle: Bundle) -> tuple[Command, ...]:
    """The project's management commands that the build has found; none if it could not load the apps."""
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        found = json.loads((bundle.site_packages / COMMANDS_FILE).read_bytes())
        return tuple(map(Command.of_plain, found))
    return ()


def all_commands(bundle: Bundle) -> Command:
    """All commands of a bundle: the project's, `runserve` and `pyz`."""
    script = bundle.manifest.script
    root = ArgumentParser(prog=script)
    add_common_options(root)
    serve, pyz = runserve_parser(script), pyz_parser(script)
    for parser in (root, serve, pyz):
        add_version(parser, lambda: None)
    project = project_commands(bundle)
    commands = [
        of_parser("runserve", serve, "serve the site"),
        of_parser("pyz", pyz, "about this file, its configuration and its site"),
        *project,
        Command("help", "list all commands, or show the options of one", operands=(_command_operand(project),)),
    ]
    unique = {command.name: command for command in reversed(commands)}
    made = of_parser(script, root)._replace(commands=tuple(unique[name] for name in sorted(unique)))
    return _with_assignments(made)


def _command_operand(project: tuple[Command, ...]) -> Option:
    names = sorted([*(command.name for command in project), "pyz", "runserve"])
    return Option((), takes="value", metavar="COMMAND", choices=tuple(names))


def _with_assignments(command: Command) -> Command:
    """A command whose --set completes the names of options."""
    names = tuple(f"{option.name}=" for option in OPTIONS)
    options = tuple(
        option._replace(choices=names) if option.flags == ("--set",) else option for option in command.options
    )
    return command._replace(options=options, commands=tuple(map(_with_assignments, command.commands)))


def completion_script(bundle: Bundle, shell: str, *names: str) -> str:
    """The script that completes a bundle's command lines.

    Args:
        bundle: the bundle.
        shell: bash, zsh or fish.
        names: other names of the executable.
    """
    return _script(bundle, all_commands(bundle), shell, *names)


def _script(bundle: Bundle, root: Command, shell: str, *names: str) -> str:
    made = completion.table(root, (bundle.manifest.script, *names))
    return completion.SHELLS[shell](made, f"# {_mark(bundle)}")


def _mark(bundle: Bundle) -> str:
    return shell_files.MARK.format(script=bundle.manifest.script, name=bundle.manifest.name)


def host_shell_files(bundle: Bundle) -> list[HostFile]:
    """The files of a host for shells and man(1)."""
    site, root = Site.of_names(bundle.manifest), all_commands(bundle)
    made = {shell: _script(bundle, root, shell) for shell in completion.SHELLS}
    made |= {"man1": command_page(bundle, root), "man5": settings_page(bundle)}
    return [shell_files.host_file(site, kind, place, made[kind]) for kind, place in shell_files.places(site).items()]


def command_page(bundle: Bundle, root: Command) -> str:
    """The man page SCRIPT(1).

    Args:
        bundle: the bundle.
        root: all its commands.
    """
    manifest, script = bundle.manifest, bundle.manifest.script
    by_name = {command.name: command for command in root.commands}
    project = [command for command in root.commands if command.name not in ("pyz", "runserve")]
    purpose = f"the Django site {manifest.name} in one file"
    usage = [f"{man.bold(script)} [{man.italic('OPTION')}]... {man.italic('COMMAND')} [{man.italic('ARGUMENT')}]..."]
    parts: list[tuple[str, Iterator[str] | list[str]]] = [
        ("synopsis", usage),
        ("description", _description(bundle)),
        ("options", list(man.option_entries(root.options))),
        ("serving", list(man.command_entries([by_name["runserve"]], hidden=_COMMON))),
        ("administration", list(man.command_entries(by_name["pyz"].commands, "pyz ", hidden=_COMMON))),
        ("commands of the project", [line for one in project for line in man.entry(man.bold(one.name), one.help)]),
        ("files", list(_files(bundle))),
        ("exit status", [line for code, text in _EXIT_CODES.items() for line in man.entry(man.bold(code), text)]),
        ("see also", [f"{man.bold(f'{script}.settings')}(5)"]),
    ]
    return man.page(man.Page(script, 1, purpose, _date(bundle), _source(bundle)), _mark(bundle), parts)


def _description(bundle: Bundle) -> list[str]:
    script = bundle.manifest.script
    text = (
        f"{script} is a whole Django project in one executable file: its code, the packages that it needs, its static "
        "files and a server. It has all management commands of the project, and two more: `runserve` serves the site, "
        "and `pyz` is for its administration."
    )
    return [man.prose(text), *man.paragraph(f"`{script} help COMMAND` shows the options of a management command.")]


def _files(bundle: Bundle) -> Iterator[str]:
    site = Site.of_names(bundle.manifest)
    for place, text in {
        site.program: "The executable.",
        site.settings: "The configuration of the site.",
        site.state_dir: "Its data, unless configured otherwise: databases, uploads, the generated key.",
        site.releases: "The unpacked code of the releases.",
        f"/var/cache/{site.name}": "The unpacked code of a file that is not installed.",
    }.items():
        yield from man.entry(man.italic(place), text)


def settings_page(bundle: Bundle) -> str:
    """The man page SCRIPT.settings(5)."""
    manifest, script = bundle.manifest, bundle.manifest.script
    site = Site.of_names(manifest)
    about = (
        f"The configuration of the site {manifest.name}: sections, and in each lines KEY = VALUE. A line that begins "
        f"with # or ; is a comment. `{script} pyz config init` writes the file, `{script} pyz config check` reports "
        f"every mistake in it, and `{script} pyz config show` prints every value and its source."
    )
    above = (
        "`--set SECTION.KEY=VALUE` on the command line overrides the environment, which overrides this file. "
        f"In the environment an option is {manifest.env_prefix}SECTION__KEY."
    )
    secret = "KEY@file = PATH and KEY@credential = NAME read a value from a file or a systemd credential."
    options = [line for section in SECTIONS for line in _section(section, manifest.name)]
    parts = [
        ("synopsis", [man.italic(site.settings)]),
        ("description", [man.prose(about), *man.paragraph(above), *man.paragraph(secret)]),
        ("options", options),
        ("see also", [f"{man.bold(script)}(1)"]),
    ]
    purpose = f"the configuration of the site {manifest.name}"
    return man.page(man.Page(f"{script}.settings", 5, purpose, _date(bundle), _source(bundle)), _mark(bundle), parts)


def _section(section: str, name: str) -> Iterator[str]:
    yield f".SS [{man.escaped(section)}]"
    yield man.prose(SECTIONS[section])
    for option in OPTIONS:
        if option.section == section:
            value = f" = {man.escaped(option.default)}" if option.default else ""
            yield from man.entry(f"{man.bold(option.key)}{value}", option.help.format(name=name))
    if section in OPEN_SECTIONS:
        yield from man.example(line.format(name=name) for line in OPEN_SECTIONS[section])


def _source(bundle: Bundle) -> str:
    return f"{bundle.manifest.name} {bundle.manifest.version}".rstrip()


def _date(bundle: Bundle) -> str:
    """The day of the build in the file's time stamps (SOURCE_DATE_EPOCH); "" if it has none."""
    newest = _NO_DAY
    with contextlib.suppress(OSError, zipfile.BadZipFile), zipfile.ZipFile(bundle.executable) as archive:
        newest = max(member.date_time[:3] for member in archive.infolist())
    return "" if newest == _NO_DAY else "{:04}-{:02}-{:02}".format(*newest)
