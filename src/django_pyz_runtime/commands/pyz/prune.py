"""`pyz prune`: remove the unpacked code of other builds that no process uses."""

from __future__ import annotations

import os
from argparse import ArgumentParser, ArgumentTypeError, Namespace, _SubParsersAction

from django_pyz_runtime.boot import places, releases, trust
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "prune",
        help="remove the unpacked code of other builds that no process uses",
        description="Remove the unpacked code of other builds of this project, and leftovers of killed processes. "
        "Code that a process uses is kept, and so is the code of this file. Unpacking a new file does the same.",
    )
    parser.add_argument(
        "--keep",
        metavar="N",
        type=_number,
        default=releases.KEPT,
        help="how many other builds to keep, newest first, to go back to (default: %(default)s)",
    )
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print a line for each tree and leftover."""
    own = bundle.site_packages.parent
    folders = [str(own.parent), *places.installed_folders(bundle.manifest.name, str(bundle.executable))]
    for folder in dict.fromkeys(folders):
        if os.path.isdir(folder):
            _prune(folder, bundle, options.keep)
    return 0


def _prune(folder: str, bundle: Bundle, keep: int) -> None:
    try:
        folder = trust.resolve(folder, os.geteuid())
        trust.check(folder, os.geteuid())
        for outcome in releases.prune(folder, bundle.manifest.name, bundle.site_packages.parent.name, keep):
            print(outcome)
    except trust.Untrusted as reason:
        print(f"{folder}: kept: {reason}")
    except PermissionError:
        print(f"{folder}: kept: it cannot be read")


def _number(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"wanted a whole number from 0, found {text!r}")
    return int(text)
