"""Runs the command line of a bundle; the only place that turns an error into a message."""

from __future__ import annotations

import os
import sys

from django_pyz_runtime.activation import gc_pause, process_title
from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.boot.arguments import OURS, split
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import ERROR, LOST_READER, UserError, has_lost_reader, say, tell, write


def main(executable: str, site_packages: str, build_id: str) -> int:
    """Run a command of the bundle; the launcher calls this once the tree is on sys.path.

    Args:
        executable: absolute path of the file that was started.
        site_packages: absolute path of the unpacked code.
        build_id: of the file.

    Returns:
        The exit code: 2 for mistakes in configuration and usage, 130 after Ctrl-C, else the command's own.
    """
    gc_pause.put_off()
    process_title.show_command(site_packages)
    try:
        tree_locks.hold_own_tree(site_packages)
        bundle = Bundle.load(executable, site_packages, build_id)
        code = _dispatch(bundle, sys.argv[1:])
        return LOST_READER if has_lost_reader() else code
    except UserError as error:
        _tell(error)
        return 2
    except KeyboardInterrupt:
        return 130
    except SystemExit as ended:
        if has_lost_reader():
            return LOST_READER
        if ended.code:
            _say_where_it_looks(bundle, ended)
        raise
    except Exception as error:
        if isinstance(error, BrokenPipeError) and has_lost_reader(error):
            return LOST_READER
        from django_pyz_runtime.data.write_guard import found_in

        if refused := found_in(error):
            _tell(UserError(str(refused)))
            return 2
        if isinstance(error, FileNotFoundError) and isinstance(error.filename, str):
            _say_where_it_is(bundle, error)
        from django_pyz_runtime.secrets.redaction import redacted_traceback

        if told := redacted_traceback(error):
            write(told, ERROR)
            return 1
        raise


def _tell(error: UserError) -> None:
    from django_pyz_runtime.secrets.redaction import redacted_error

    tell(redacted_error(error))


def _say_where_it_is(bundle: Bundle, error: FileNotFoundError) -> None:
    """Add to an error about a relative path that the file is there, in the project's folder."""
    folder = bundle.root / bundle.manifest.folder
    if not os.path.isabs(error.filename) and (folder / error.filename).exists():
        error.add_note(f"{error.filename} is in the project's folder: run the command in {folder}")


def _say_where_it_looks(bundle: Bundle, ended: SystemExit) -> None:
    """Mention that a missing file of a failed command exists in the project's folder."""
    from django_pyz_runtime.commands.folder_hint import hint

    if text := hint(ended, bundle.root / bundle.manifest.folder):
        say(text)


def _dispatch(bundle: Bundle, argv: list[str]) -> int:
    if len(argv) == 2 and argv[0] == "help" and argv[1] in OURS:
        argv = [argv[1], "--help"]
    arguments = split(argv)
    command = arguments.command[0] if arguments.command else ""
    if command == "--version":
        from django_pyz_runtime.commands.pyz.info import print_version

        return print_version(bundle)
    if command == "pyz":
        from django_pyz_runtime.commands.pyz import run

        return run(bundle, arguments)
    if command == "runserve":
        from django_pyz_runtime.serve.command import runserve

        return runserve(bundle, arguments)
    from django_pyz_runtime.commands.management import manage

    return manage(bundle, arguments)
