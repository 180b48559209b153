"""`pyz upgrade`: put this file's release in force on this host."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path
from typing import TYPE_CHECKING

from django_pyz_runtime.activation.prepare import data_folder, load
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.upgrade.options import declare, policy

if TYPE_CHECKING:
    from django_pyz_runtime.release.install.ready import Ready


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "upgrade",
        help="put this file's release in force: check, back up, migrate, switch, reload",
        description="Check this file against the configuration as it is, back up and migrate where migrations are "
        "to be applied, put it into /usr/bin, have the server take it, and wait until it serves. Where a step fails, "
        "the release before stays in force, or is so again. The same command goes on with an interrupted upgrade.",
    )
    declare(parser)
    add_timeout(parser)
    parser.add_argument("--root", metavar="DIR", default="/", help="of an installation below this folder")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Upgrade, and say what was done, a line each.

    Raises:
        UserError: a step failed; what is in force is said.
    """
    from django_pyz_runtime.release.upgrade.host import Host
    from django_pyz_runtime.release.upgrade.upgrade import upgrade

    host = Host(bundle, Path(absolute(options.root, "--root")), data_folder(bundle, arguments))
    upgrade(host, given(options), policy(bundle, arguments, options), ready=ready(bundle, arguments, options))
    return 0


def add_timeout(parser: ArgumentParser) -> None:
    """Declare --timeout."""
    parser.add_argument(
        "--timeout", metavar="SECONDS", type=_seconds, help="how long to wait until the site is ready; default 120"
    )


def _seconds(text: str) -> int:
    if not text.isdecimal() or text == "0":
        raise ArgumentTypeError(f"wanted a number of seconds, found {text!r}")
    return int(text)


def given(options: Namespace) -> tuple[str, ...]:
    """The options of the command line that the command which goes on has to have, too."""
    flags = (
        f"--{name.replace('_', '-')}"
        for name in ("migrate_back", "no_backup", "pause")
        if getattr(options, name, False)
    )
    return (*flags, *([f"--timeout={options.timeout}"] if options.timeout else []))


def ready(bundle: Bundle, arguments: Arguments, options: Namespace) -> Ready:
    """The page that says whether the site is ready, where that can be told, and how long to wait for it."""
    from django_pyz_runtime.release.install.ready import LIMIT_SECONDS, Ready

    try:
        path = str(load(bundle, arguments).get("health", "ready"))
    except (UserError, ValueError):
        path = "off"
    return Ready("" if path == "off" else path, options.timeout or LIMIT_SECONDS)
