"""`pyz completion SHELL`: print the completion script of this file."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "completion",
        help="print the script that completes commands and options in bash, zsh or fish",
        description="Print a script for a shell that completes the commands of this file and their options. "
        "`pyz install --system` installs it for all users.",
    )
    parser.add_argument("shell", metavar="SHELL", choices=("bash", "zsh", "fish"), help="bash, zsh or fish")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print the script."""
    from django_pyz_runtime.commands.manual import completion_script

    sys.stdout.write(completion_script(bundle, options.shell, bundle.executable.name))
    return 0
