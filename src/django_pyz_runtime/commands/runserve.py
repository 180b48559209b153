"""The options of `runserve`, for serve.command, completion and man pages."""

from __future__ import annotations

from django_pyz_runtime.boot.arguments import add_common_options
from django_pyz_runtime.shell.parser import Parser


def runserve_parser(program: str) -> Parser:
    """The parser of the options.

    Args:
        program: the name of the executable.
    """
    parser = Parser(
        prog=f"{program} runserve",
        description="Serve the site with gunicorn: pages, static files and health endpoints.",
        epilog="Everything else is configured in settings.ini; these options override it.",
    )
    parser.add_argument("--bind", action="append", metavar="ADDRESS", help="HOST:PORT or unix:/path; repeatable")
    parser.add_argument("--workers", metavar="N", help="worker processes, or auto")
    parser.add_argument("--threads", metavar="N", help="threads of each worker")
    parser.add_argument("--migrate", action="store_true", help="apply migrations first")
    parser.add_argument("--check", action="store_true", help="only check whether the site can be served")
    add_common_options(parser)
    return parser
