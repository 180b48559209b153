"""The options of `runserve`: which serve.command follows, and completion and man pages tell of."""

from __future__ import annotations

from django_pyz_runtime.boot.arguments import add_common_options
from django_pyz_runtime.shell.parser import Parser


def runserve_parser(program: str) -> Parser:
    """The parser of the options.

    Args:
        program: the name that the bundle was started by.
    """
    parser = Parser(
        prog=f"{program} runserve",
        description="Serve the site with gunicorn: pages, static files and health endpoints.",
        epilog="Everything else is configured in settings.ini; these options win over it.",
    )
    parser.add_argument("--bind", action="append", metavar="ADDRESS", help="HOST:PORT or unix:/path; repeatable")
    parser.add_argument("--workers", metavar="N", help="worker processes, or auto")
    parser.add_argument("--threads", metavar="N", help="threads of each worker")
    parser.add_argument("--migrate", action="store_true", help="apply migrations first")
    parser.add_argument("--check", action="store_true", help="only find out whether the site can be served, and say so")
    add_common_options(parser)
    return parser
