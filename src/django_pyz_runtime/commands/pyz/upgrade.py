"""`pyz upgrade`: put this file's release in force on this host."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.activation.prepare import data_folder, load
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.errors import UserError


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "upgrade",
        help="put this file's release in force: check, back up, migrate, switch, reload",
        description="Check this file against the configuration as it is, back up and migrate where migrations are "
        "to be applied, put it into /usr/bin, have the server take it, and wait until it serves. Where a step fails, "
        "the release before stays in force, or is so again. The same command goes on with an interrupted upgrade.",
    )
    parser.add_argument("--no-backup", action="store_true", help="do not back up before migrations are applied")
    parser.add_argument("--root", metavar="DIR", default="/", help="of an installation below this folder")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Upgrade, and say what was done, a line each.

    Raises:
        UserError: a step failed; what is in force is said.
    """
    from django_pyz_runtime.release.upgrade.host import Host
    from django_pyz_runtime.release.upgrade.upgrade import upgrade

    root = Path(absolute(options.root, "--root"))
    host = Host(bundle, root, data_folder(bundle, arguments))
    upgrade(host, root, ready=ready_page(bundle, arguments), backs_up=not options.no_backup)
    return 0


def ready_page(bundle: Bundle, arguments: Arguments) -> str:
    """The path of the page that says whether the site is ready; "" where there is none, or that cannot be told."""
    try:
        path = str(load(bundle, arguments).get("health", "ready"))
    except (UserError, ValueError):
        return ""
    return "" if path == "off" else path
