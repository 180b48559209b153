"""What a bundle does with its command line; the only place that turns an error into a message."""

from __future__ import annotations

import os
import sys

from django_pyz_runtime import garbage, held
from django_pyz_runtime.arguments import OURS, split
from django_pyz_runtime.complaints import Complaint, tell
from django_pyz_runtime.manifest import Site


def main(executable: str, site_packages: str, build_id: str) -> int:
    """Run a command of the bundle; the launcher calls this once the tree is on sys.path.

    Args:
        executable: absolute path of the file that was started.
        site_packages: absolute path of the unpacked code.
        build_id: of the file.

    Returns:
        The exit code: 2 for mistakes in configuration and usage, 130 after Ctrl-C, else the command's own.
    """
    garbage.put_off()
    try:
        held.hold_own(site_packages)
        site = Site.load(executable, site_packages, build_id)
        return _dispatch(site, sys.argv[1:])
    except Complaint as complaint:
        _tell(complaint)
        return 2
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        from django_pyz_runtime.code_guard import found_in

        if refused := found_in(error):
            _tell(Complaint(str(refused)))
            return 2
        if isinstance(error, FileNotFoundError) and isinstance(error.filename, str):
            _say_where_it_is(site, error)
        from django_pyz_runtime.redaction import redacted_traceback

        if told := redacted_traceback(error):
            sys.stderr.write(told)
            return 1
        raise


def _tell(complaint: Complaint) -> None:
    from django_pyz_runtime.redaction import redacted_complaint

    tell(redacted_complaint(complaint))


def _say_where_it_is(site: Site, error: FileNotFoundError) -> None:
    """Add to an error about a relative path that the file is there, in the project's folder."""
    folder = site.site_packages / site.manifest.folder
    if not os.path.isabs(error.filename) and (folder / error.filename).exists():
        error.add_note(f"{error.filename} is in the project's folder: run the command in {folder}")


def _dispatch(site: Site, argv: list[str]) -> int:
    if len(argv) == 2 and argv[0] == "help" and argv[1] in OURS:
        argv = [argv[1], "--help"]
    arguments = split(argv)
    command = arguments.command[0] if arguments.command else ""
    if command == "pyz":
        from django_pyz_runtime.verbs import run

        return run(site, arguments)
    if command == "runserve":
        from django_pyz_runtime.serve.command import runserve

        return runserve(site, arguments)
    from django_pyz_runtime.management import manage

    return manage(site, arguments)
