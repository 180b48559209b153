"""`pyz verify`: is every byte of this file, and of its unpacked code, as it was built?"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle import seal, tree_check
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import say


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "verify",
        help="check every byte of this file and of its unpacked code",
        description="Read this file from its first byte to its last, and compare the unpacked code with it: names, "
        "modes, contents, nothing more and nothing less. Exit code 1 where the unpacked code differs, with a line for "
        "each fault; 2 where the file itself is damaged. What is found here are accidents and changes of the unpacked "
        "code; whether a file is the one that somebody built is told by a checksum or signature of theirs.",
    )
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print a line for each fault, or how many files are as they were built.

    Raises:
        UserError: the file is damaged.
    """
    executable, tree = str(bundle.executable), str(bundle.site_packages.parent)
    seal.check(executable)
    files, faults = tree_check.check(executable, tree)
    for path, what in faults:
        print(f"{os.path.join(tree, path)}: {what}")
    if faults:
        sys.stdout.flush()
        say(f"Remove {tree}: the next start unpacks it again.")
        return 1
    print(f"{files:,} files, as they were built")
    return 0
