"""`pyz rollback`: put a release in force that was so before."""

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
        help="put the release before in force again, or another one that is kept",
        description="Put the release before in force, or another one that an upgrade has kept, and have the server "
        "take it. Refused where the database has migrations that it does not know, with the command that undoes them.",
    )
    parser.add_argument("version", metavar="VERSION", nargs="?", default="", help="or how the build id begins")
    parser.add_argument("--migrate-back", action="store_true", help="undo such migrations, after a backup")
    declare(parser)
    add_timeout(parser)
    parser.add_argument("--root", metavar="DIR", default="/", help="of an installation below this folder")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Go back, and say what was done, a line each.

    Raises:
        UserError: a step failed; what is in force is said.
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
