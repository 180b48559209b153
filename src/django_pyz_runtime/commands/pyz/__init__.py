"""`pyz VERB`: our only name among the project's commands. The verbs work even if the settings are broken."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module

from django_pyz_runtime.boot.arguments import Arguments, add_common_options
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.shell.parser import Parser, add_version

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
    "completion": "completion",
    "help": "help",
}
"""The verbs and their modules, in the order of the help. A verb imports only its own module."""


def run(bundle: Bundle, arguments: Arguments) -> int:
    """Run a verb.

    Args:
        bundle: this one.
        arguments: with the command `pyz VERB ...`.

    Returns:
        The exit code.

    Raises:
        UserError: a mistake in the configuration.
    """
    asked = arguments.command[1:2]
    parser = pyz_parser(bundle.executable.name, asked if asked and asked[0] in _VERBS else _VERBS)
    add_version(parser, lambda: _print_version(bundle))
    options = parser.parse_args(arguments.command[1:])
    code: int = options.run(bundle, arguments, options)
    return code


def pyz_parser(program: str, verbs: Iterable[str] = _VERBS) -> Parser:
    """The parser of verbs.

    Args:
        program: the name of the executable.
        verbs: the verbs to include.
    """
    parser = Parser(prog=f"{program} pyz", description="About this executable and its configuration.")
    add_common_options(parser)
    known = parser.add_subparsers(title="verbs", metavar="VERB", required=True)
    for verb in verbs:
        import_module(f"{__name__}.{_VERBS[verb]}").add_to(known)
    return parser


def _print_version(bundle: Bundle) -> None:
    from django_pyz_runtime.commands.pyz.info import print_version

    print_version(bundle)
