"""`pyz files`: write systemd units, nginx and other files for a host, with this bundle's names."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.errors import UserError


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "files",
        help="write the files for a host: systemd units, nginx, a .wsgi file, for review",
        description="Write systemd units, files for the user and folders that systemd creates, nginx configurations "
        "and a .wsgi file, below a folder for review. `pyz install --system` installs the files for systemd.",
    )
    parser.add_argument(
        "folder", metavar="DIR", nargs="?", help="the folder to write to; existing files that differ are not replaced"
    )
    parser.add_argument("--list", action="store_true", help="only print each file with its place on a host")
    parser.add_argument("--json", action="store_true", dest="as_json", help="only print each with its text as JSON")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Write the files, or list them, a line each.

    Raises:
        UserError: the configuration has mistakes, or an existing file differs.
    """
    from django_pyz_runtime.activation.prepare import load
    from django_pyz_runtime.release.files.files import host_files, write_below
    from django_pyz_runtime.release.files.site import Site
    from django_pyz_runtime.release.services import check_services

    configuration = load(bundle, arguments)
    if configuration.problems:
        raise UserError(*configuration.problems)
    check_services(bundle, arguments, configuration)
    files = host_files(Site.of(bundle, configuration))
    if options.as_json:
        from django_pyz_runtime.commands.manual import host_shell_files

        print(json.dumps([file._asdict() for file in [*files, *host_shell_files(bundle)]], indent=2))
        return 0
    if options.list:
        width = max(len(file.path) for file in files)
        for file in files:
            print(f"{file.path:<{width}}  {file.place}")
        return 0
    if not options.folder:
        script = bundle.executable.name
        raise UserError("pyz files: wanted a folder", hint=f"`{script} pyz files DIR`, or `{script} pyz files --list`.")
    for path, is_written in write_below(Path(absolute(options.folder, "DIR")), files):
        print(f"{path}: {'written' if is_written else 'is in place'}")
    return 0
