"""`pyz VERB`: the one word that we take from the project's commands. The verbs work when the settings are broken."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser
from importlib import import_module

from django_pyz_runtime.boot.arguments import Arguments, add_common_options
from django_pyz_runtime.bundle.bundle import Bundle

_VERBS = {
    "info": "info",
    "config": "config",
    "exec": "execute",
    "service": "service",
    "status": "status",
    "doctor": "doctor",
    "reload": "reload",
    "backup": "backup",
    "restore": "restore",
    "install": "install",
    "upgrade": "upgrade",
    "rollback": "rollback",
    "uninstall": "uninstall",
    "files": "files",
    "prune": "prune",
    "verify": "verify",
}
"""The verbs and their modules, in the order of the help. A verb imports its own module alone."""


def run(bundle: Bundle, arguments: Arguments) -> int:
    """Run a verb.

    Args:
        bundle: this one.
        arguments: whose command is `pyz VERB ...`.

    Returns:
        The exit code.

    Raises:
        UserError: a mistake in the configuration.
    """
    parser = ArgumentParser(
        prog=f"{bundle.executable.name} pyz",
        description="About this executable and its configuration.",
        allow_abbrev=False,
    )
    add_common_options(parser)
    verbs = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    asked = arguments.command[1:2]
    for verb in asked if asked and asked[0] in _VERBS else _VERBS:
        import_module(f"{__name__}.{_VERBS[verb]}").add_to(verbs)
    options = parser.parse_args(arguments.command[1:])
    try:
        code: int = options.run(bundle, arguments, options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code
