"""`pyz backup`: databases, uploads and the generated secret key in one file."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.names import absolute


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "backup",
        help="back up databases, uploads and the generated secret key to one file",
        description="Write all databases, uploaded files, other data and the generated secret key to one tar.gz file "
        "that only its owner can read. The site may keep running. settings.ini is not included.",
    )
    parser.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="a new file, or a folder for a file named by the time (default: backups in the data folder)",
    )
    parser.add_argument(
        "--keep", metavar="N", type=_number, default=0, help="keep only the newest N backups named by the time"
    )
    add_without(parser)
    parser.set_defaults(run=run)


def add_without(parser: ArgumentParser) -> None:
    """Declare the option that leaves databases out."""
    parser.add_argument(
        "--without-database",
        metavar="ALIAS",
        action="append",
        default=[],
        help="leave out this database of DATABASES; repeatable",
    )


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Write a backup and print its path and size.

    Raises:
        UserError: something cannot be backed up.
    """
    from django_pyz_runtime.release import site
    from django_pyz_runtime.release.backup import backup

    path = Path(absolute(options.file, "FILE")) if options.file else None
    with site.undone_when_stopped():
        activation = site.read_settings(bundle, arguments)
        made = backup.make(bundle, activation, path, without=options.without_database, keep=options.keep)
    print(f"{made}: written, {made.stat().st_size:,} bytes")
    return 0


def _number(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise ArgumentTypeError(f"wanted a whole number from 1, found {text!r}")
    return int(text)
