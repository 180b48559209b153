"""`pyz upgrade`: make this file's release the active one on this host."""

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
        help="make this file the active release: check, back up, migrate, switch, reload",
        description="Check this file with the current configuration, back up and migrate if migrations are missing, "
        "install it in /usr/bin, reload the server, and wait until it serves. If a step fails, the previous release "
        "stays active or becomes active again. The same command continues an interrupted upgrade.",
    )
    declare(parser)
    add_timeout(parser)
    parser.add_argument("--root", metavar="DIR", default="/", help="the root folder of the installation")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Upgrade, with a line for each step.

    Raises:
        UserError: a step failed; the text says which release is active.
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
    """The options of the command line that the command to continue needs, too."""
    flags = (
        f"--{name.replace('_', '-')}"
        for name in ("migrate_back", "no_backup", "pause")
        if getattr(options, name, False)
    )
    return (*flags, *([f"--timeout={options.timeout}"] if options.timeout else []))


def ready(bundle: Bundle, arguments: Arguments, options: Namespace) -> Ready:
    """The page that says whether the site is ready, if there is one, and how long to wait for it."""
    from django_pyz_runtime.release.install.ready import LIMIT_SECONDS, Ready

    try:
        path = str(load(bundle, arguments).get("health", "ready"))
    except (UserError, ValueError):
        path = "off"
    return Ready("" if path == "off" else path, options.timeout or LIMIT_SECONDS)
