"""`pyz exec PROGRAM ...`: run a program of the bundled packages with the project's code and configuration."""

from __future__ import annotations

import os
import runpy
import sys
from argparse import REMAINDER, ArgumentParser, Namespace, _SubParsersAction
from pathlib import Path

from django_pyz_runtime.activation.activate import Purpose
from django_pyz_runtime.activation.prepare import prepare, run_first
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.texts import nearest


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "exec",
        help="run a program of the bundled packages, such as celery, or python",
        description="Run a program of the bundled packages with the project's code and configuration.",
        epilog="--config and --set go before PROGRAM; everything after it is passed to the program.",
    )
    parser.add_argument("program", metavar="PROGRAM", nargs="?", default="", help="its name, or python")
    parser.add_argument("arguments", metavar="...", nargs=REMAINDER, help="its arguments")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Replace this process by the program."""
    program = find(bundle, options.program)
    configuration, _ = prepare(bundle, arguments, Purpose.SERVE)
    sys.stdout.flush()
    if program.name == "python" or not _is_python(program):
        os.execv(program, [str(program), *options.arguments])
    run_first(configuration)
    sys.argv = [str(program), *options.arguments]
    runpy.run_path(str(program), run_name="__main__")
    return 0


def find(bundle: Bundle, name: str) -> Path:
    """The file of a program, or of Python by any correct name, as in a virtual environment.

    Our python3 is not on PATH, where other programs look for theirs.

    Raises:
        UserError: the bundle has none of that name.
    """
    folder = bundle.site_packages / PROGRAM_FOLDER
    if name in ("python3", f"python3.{sys.version_info.minor}"):
        name = "python"
    known = sorted(path.name for path in folder.iterdir())
    if name in known:
        return folder / name
    meant = nearest(name, known)
    hint = f"Did you mean {meant}?" if meant else f"There are {', '.join(known)}."
    problem = f"the bundle has no program {name!r}" if name else "wanted the name of a program, found none"
    raise UserError(f"pyz exec: {problem}", hint=hint)


def _is_python(program: Path) -> bool:
    """Whether a program is a Python script in the form that the build writes, which starts as a shell script."""
    with program.open("rb") as file:
        return file.read(19) == b"#!/bin/sh\n'''exec' "
