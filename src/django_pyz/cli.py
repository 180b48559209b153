"""The command line of the build wing: the only module that turns errors into messages."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from django_pyz import __version__, manual, options
from django_pyz.builder import build
from django_pyz.package.package import package
from django_pyz.report import report_file
from django_pyz.report.progress import Progress
from django_pyz.report.summary import show
from django_pyz_runtime.errors import LOST_READER, UserError, has_lost_reader
from django_pyz_runtime.shell import completion
from django_pyz_runtime.shell.parser import Parser, add_version


def main(argv: Sequence[str] | None = None, *, prog: str = "django-pyz") -> int:
    """`django-pyz build [PROJECT] [-o FILE]`, `django-pyz package FILE --deb --rpm`, `django-pyz completion SHELL`.

    Returns:
        0, 2 for a mistake in the project or on the command line, 130 after Ctrl-C.
    """
    with reader_may_go():
        arguments = tool_parser(prog).parse_args(argv)
        code: int = arguments.run_command(arguments)
    return code


def build_sample_or(default: Path, prog: str) -> int:
    """`build_pyz.py`: a command that only builds.

    Args:
        default: the project to build if none is named.
        prog: the name of the command.
    """
    with reader_may_go():
        parser = Parser(prog=prog, description="Turn a Django project into one executable file.")
        add_build_arguments(parser, default)
        add_version(parser, print_version)
        code = run(parser.parse_args())
    return code


def tool_parser(prog: str = "django-pyz") -> Parser:
    """The parser of all commands.

    Args:
        prog: the name the tool was started as.
    """
    parser = Parser(prog=prog, description="Turn a Django project into one executable file.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    building = commands.add_parser("build", help="build a project")
    add_build_arguments(building, Path())
    building.set_defaults(run_command=run)
    packaging = commands.add_parser("package", help="make a .deb or .rpm from a built file")
    add_package_arguments(packaging)
    packaging.set_defaults(run_command=_package)
    completing = commands.add_parser("completion", help="print a shell completion script")
    add_completion_arguments(completing)
    completing.set_defaults(run_command=_complete)
    helping = commands.add_parser("help", help="explain a topic or a message")
    add_help_arguments(helping)
    helping.set_defaults(run_command=_help)
    add_version(parser, print_version)
    return parser


def print_version() -> None:
    """Print the version of this tool."""
    print(f"django-pyz {__version__}")


@contextmanager
def reader_may_go() -> Iterator[None]:
    """End without a traceback when the reader closes the pipe, as `head` does.

    Raises:
        SystemExit: the reader closed the pipe.
    """
    try:
        yield
    except SystemExit as ended:
        raise SystemExit(LOST_READER if has_lost_reader() else ended.code) from None
    except BrokenPipeError as error:
        if not has_lost_reader(error):
            raise
        raise SystemExit(LOST_READER) from None
    if has_lost_reader():
        raise SystemExit(LOST_READER)


def add_completion_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of `django-pyz completion`."""
    parser.description = "Print a script that completes this tool's commands and options in a shell."
    parser.add_argument("shell", metavar="SHELL", choices=tuple(completion.SHELLS), help="bash, zsh or fish")


def _complete(arguments: Namespace) -> int:
    """Print the script for a shell."""
    sys.stdout.write(manual.completion_script(tool_parser(), arguments.shell))
    return 0


def add_help_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of `django-pyz help`."""
    parser.description = "Explain a topic, or a message as it was printed. Without TOPIC, list the topics."
    parser.add_argument(
        "words", nargs="*", metavar="TOPIC", help="a topic, a message, or - for a message on standard input"
    )


def _help(arguments: Namespace) -> int:
    """Show the help of both wings on a topic or a message."""
    from django_pyz_runtime.help.answer import FOLDER, Names, answer

    try:
        return answer(arguments.words, [Path(__file__).parent / "help", FOLDER], Names("django-pyz help"))
    except UserError as error:
        sys.stderr.write(f"django-pyz: {error}\n")
        return 2


def add_package_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of `django-pyz package`."""
    parser.description = (
        "Make packages from a built file. They install, upgrade, remove and purge the site as "
        "`pyz install --system`, `pyz upgrade` and `pyz uninstall` do."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file")
    parser.add_argument("--deb", dest="kinds", action="append_const", const="deb", help="for Debian and Ubuntu")
    parser.add_argument(
        "--rpm", dest="kinds", action="append_const", const="rpm", help="for Fedora, RHEL and SUSE; by nfpm"
    )
    parser.add_argument(
        "-o", "--output", type=Path, metavar="PATH", help="the package, or its folder; default: next to FILE"
    )
    parser.add_argument(
        "--maintainer",
        default="",
        metavar="'NAME <MAIL>'",
        help="the package's maintainer; default: DEBFULLNAME and DEBEMAIL",
    )
    parser.add_argument(
        "--revision",
        type=int,
        default=1,
        metavar="N",
        help="number of this package of the same project version; default: 1",
    )


def _package(arguments: Namespace) -> int:
    """Write the packages that the arguments ask for, and print their paths."""
    try:
        if arguments.revision < 0:
            raise UserError(f"--revision {arguments.revision}: wanted a number from 0 on")
        if not arguments.kinds:
            raise UserError("package: wanted --deb or --rpm, or both", hint="django-pyz package FILE --deb")
        if len(set(arguments.kinds)) > 1 and arguments.output and arguments.output.suffix in (".deb", ".rpm"):
            raise UserError(f"--output {arguments.output}: wanted a folder for two packages", hint="Give a folder.")
        for path in package(
            arguments.file,
            list(dict.fromkeys(arguments.kinds)),
            arguments.output,
            arguments.maintainer,
            arguments.revision,
            Progress(),
        ):
            print(path)
    except UserError as error:
        sys.stderr.write(f"django-pyz: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    return 0


def add_build_arguments(parser: ArgumentParser, default: Path) -> None:
    """Declare the arguments of a build.

    Args:
        parser: the parser to add them to.
        default: the project to build if none is named.
    """
    parser.add_argument(
        "project",
        type=Path,
        nargs="?",
        default=default,
        metavar="PROJECT",
        help="folder with manage.py, or one above it",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="the file to write; default dist/SCRIPT.pyz")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="write a full report of the build to FILE.html or FILE.json"
    )
    parser.add_argument("--run", action="store_true", help="then serve it: runserve --migrate")
    options.add_arguments(parser)


def run(arguments: Namespace) -> int:
    """Build as the arguments say, and show the result."""
    try:
        if arguments.report:
            report_file.check(arguments.report)
        choose = partial(options.with_arguments, arguments=arguments)
        summary = build(arguments.project, arguments.output, choose, Progress())
        if arguments.report:
            report_file.write(summary, arguments.report)
    except UserError as error:
        sys.stderr.write(f"django-pyz: {error}\n")
        return 2
    except KeyboardInterrupt:
        return 130
    show(summary, is_served=arguments.run)
    if arguments.run:
        sys.stdout.flush()
        # Its first line needs a pythonX.Y on PATH; the interpreter of this build may be elsewhere.
        python = summary.plan.python.executable
        os.execv(python, [str(python), str(summary.plan.output), "runserve", "--migrate"])
    return 0
