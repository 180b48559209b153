"""`pyz uninstall`: stop the site, and remove what `pyz install --system` has installed."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "uninstall",
        help="stop the site and remove it from this machine; data and settings.ini stay",
        description="Stop the site, and remove its units, its executable and its code. Its data, its settings.ini and "
        "its user are kept, except with --purge.",
    )
    parser.add_argument("--purge", action="store_true", help="remove data, backups, settings.ini and the user, too")
    parser.add_argument("--print", action="store_true", dest="only_print", help="only print what would be removed")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Uninstall, with a line for each removed part.

    Raises:
        UserError: something cannot be removed.
    """
    from django_pyz_runtime.activation.prepare import load
    from django_pyz_runtime.release.install.uninstall import uninstall

    uninstall(bundle, load(bundle, arguments), purge=options.purge, only_print=options.only_print)
    return 0
