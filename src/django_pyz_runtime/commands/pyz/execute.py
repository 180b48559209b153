"""`pyz exec PROGRAM ...`: a program of the packages in the bundle, with the project's code and configuration."""

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
        help="run a program of the packages inside, such as celery, or python",
        description="Run a program of the packages inside, with the project's code and configuration.",
        epilog="--config and --set stand before PROGRAM; all that follows it is the program's own.",
    )
    parser.add_argument("program", metavar="PROGRAM", nargs="?", default="", help="its name, or python")
    parser.add_argument("arguments", metavar="...", nargs=REMAINDER, help="its arguments")
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Become the program."""
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
    """The file of a program; of Python by any name that is true, as of a virtual environment's.

    On PATH, where programs of others look for theirs, there is no python3 of ours.

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
    """Whether a program is a script for Python, as the build leaves them: it starts as one for the shell."""
    with program.open("rb") as file:
        return file.read(19) == b"#!/bin/sh\n'''exec' "
