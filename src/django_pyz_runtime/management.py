"""Every management command, by Django's own `execute_from_command_line`; collectstatic and compress learn --dir."""

from __future__ import annotations

import os
import runpy
import sys
from argparse import ArgumentParser

from django_pyz_runtime.arguments import Arguments, Assignment
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.prepare import prepare

WRITE_STATIC = ("collectstatic", "compress")
OUR_COMMANDS = """
[django-pyz]
    pyz
    runserve
"""


def manage(site: Site, arguments: Arguments) -> int:
    """Run a management command as manage.py would.

    Raises:
        Complaint: the configuration or the project's settings do not allow it.
        SystemExit: as the command ends itself.
    """
    command = arguments.command
    writes_static = bool(command) and command[0] in WRITE_STATIC
    if writes_static:
        arguments = _with_static_root(arguments)
    configuration, _ = prepare(site, arguments)
    sys.argv[1:] = command
    from django.core.exceptions import ImproperlyConfigured

    try:
        if writes_static:
            from django_pyz_runtime.dir_option import learn_dir

            learn_dir(command[0], site.executable.name, has_root=bool(configuration.get("static", "root")))
        _run(site, command)
    except ImproperlyConfigured as error:
        raise Complaint(f"{os.environ['DJANGO_SETTINGS_MODULE']}: {error}", hint=settings_hint(site)) from error
    if command in ([], ["help"], ["--help"], ["-h"]):
        sys.stdout.write(OUR_COMMANDS)
    return 0


def settings_hint(site: Site) -> str:
    """The next step where the project's settings refuse."""
    return f"See `{site.executable.name} pyz config show` for the values in force and where they come from."


def _run(site: Site, command: list[str]) -> None:
    if site.manifest.manage_py:
        runpy.run_path(str(site.site_packages / site.manifest.manage_py), run_name="__main__")
        return
    from django.core.management import execute_from_command_line

    execute_from_command_line([sys.argv[0], *command])


def _with_static_root(arguments: Arguments) -> Arguments:
    """Let `--dir DIR` be the static root before the settings are read: storages and manifests then follow."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--dir")
    given: str | None = parser.parse_known_args(arguments.command[1:])[0].dir
    if given is None:
        return arguments
    assignment = Assignment("--dir", f"static.root={os.path.abspath(given)}")
    return arguments._replace(assignments=(*arguments.assignments, assignment))
