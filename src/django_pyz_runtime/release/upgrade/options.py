"""The section [upgrade], with the options of the command line that override it."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import NamedTuple

from django_pyz_runtime.activation.prepare import load
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError

PAUSE, NO_BACKUP = "--pause", "--no-backup"


class Policy(NamedTuple):
    """What an upgrade or rollback may do.

    Attributes:
        migrates: whether it applies migrations.
        backs_up: whether it makes a backup before that.
        keep: how many releases stay on the host, including the active one.
        pauses: whether the site may pause for a migration that needs it.
        graceful_seconds: how long running requests may take when it pauses.
    """

    migrates: bool = True
    backs_up: bool = True
    keep: int = 3
    pauses: bool = False
    graceful_seconds: float = 30


def declare(parser: ArgumentParser) -> None:
    """Declare the options that override the section."""
    parser.add_argument(NO_BACKUP, action="store_true", help="do not back up before migrations are applied or undone")
    parser.add_argument(PAUSE, action="store_true", help="pause the site for migrations that need it")


def policy(bundle: Bundle, arguments: Arguments, options: Namespace) -> Policy:
    """The configured policy; the defaults if the configuration is wrong, which the step `check` reports.

    Args:
        bundle: this one.
        arguments: of the command line.
        options: those of `declare`.
    """
    wanted = Policy(backs_up=not options.no_backup, pauses=options.pause)
    try:
        configuration = load(bundle, arguments)
    except UserError:
        return wanted
    if configuration.problems:
        return wanted
    get = configuration.get
    return wanted._replace(
        migrates=get("upgrade", "migrate") == "auto",
        backs_up=get("upgrade", "backup") == "auto" and wanted.backs_up,
        keep=get("upgrade", "keep"),
        pauses=get("upgrade", "online") == "pause" or wanted.pauses,
        graceful_seconds=get("serve", "graceful_timeout"),
    )
