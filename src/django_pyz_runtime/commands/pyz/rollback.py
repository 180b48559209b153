"""`pyz rollback`: go back to an earlier release."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.activation.prepare import data_folder
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.commands.pyz.upgrade import add_timeout, given, ready
from django_pyz_runtime.release.upgrade.options import declare, policy


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "rollback",
        help="go back to the previous release, or to another one that is kept",
        description="Make the previous release active again, or another one that an upgrade has kept, and reload the "
        "server. Refused if the database has migrations that it does not know, with the command that undoes them.",
    )
    parser.add_argument(
        "version", metavar="VERSION", nargs="?", default="", help="its version, or the beginning of its build id"
    )
    parser.add_argument("--migrate-back", action="store_true", help="undo these migrations, after a backup")
    declare(parser)
    add_timeout(parser)
    parser.add_argument("--root", metavar="DIR", default="/", help="the root folder of the installation")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Go back, with a line for each step.

    Raises:
        UserError: a step failed; the text says which release is active.
    """
    from django_pyz_runtime.release.upgrade.host import Host
    from django_pyz_runtime.release.upgrade.rollback import roll_back

    roll_back(
        Host(bundle, Path(absolute(options.root, "--root")), data_folder(bundle, arguments)),
        given(options),
        policy(bundle, arguments, options),
        options.version,
        ready=ready(bundle, arguments, options),
        migrates=options.migrate_back,
    )
    return 0
