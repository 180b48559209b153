"""`pyz VERB`: the one word that we take from the project's commands. The verbs work when the settings are broken."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser

from django_pyz_runtime.boot.arguments import Arguments, add_common_options
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.commands.pyz import (
    backup,
    config,
    execute,
    files,
    info,
    install,
    prune,
    reload,
    restore,
    rollback,
    service,
    status,
    uninstall,
    upgrade,
    verify,
)

_VERBS = (
    info,
    config,
    execute,
    service,
    status,
    reload,
    backup,
    restore,
    install,
    upgrade,
    rollback,
    uninstall,
    files,
    prune,
    verify,
)


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
    for verb in _VERBS:
        verb.add_to(verbs)
    options = parser.parse_args(arguments.command[1:])
    try:
        code: int = options.run(bundle, arguments, options)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read our output has seen enough; Python would complain once more when it closes the stream.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    return code
