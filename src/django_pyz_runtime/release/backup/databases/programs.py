"""Runs the programs that come with a database."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason


def find(what: str, package: str, *names: str) -> str:
    """The path of the first of some programs that is there.

    Args:
        what: needs it, for the message.
        package: Debian's, which has it.
        names: of the programs.

    Raises:
        UserError: none is there.
    """
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    raise UserError(
        f"{what}: there is no program {' or '.join(names)} on PATH",
        hint=f"Install it (Debian and Ubuntu: apt-get install {package}).",
    )


def run(
    what: str, command: Sequence[str | Path], environ: Mapping[str, str] | None = None, stdin: Path | None = None
) -> str:
    """Run a program to its end and give what it printed.

    Args:
        what: it works on, for the message.
        command: program and arguments; no secrets, as every user sees them.
        environ: variables to add.
        stdin: what it reads; nothing, where that is None.

    Raises:
        UserError: it failed, with what it said.
    """
    program = os.path.basename(command[0])
    try:
        with open(stdin or os.devnull, "rb") as source:
            done = subprocess.run(
                command,
                env={**os.environ, "LC_MESSAGES": "C", **(environ or {})},
                stdin=source,
                capture_output=True,
                text=True,
                errors="replace",
            )
    except OSError as error:
        raise UserError(f"{what}: {program} cannot be run: {system_reason(error)}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [_end(done.returncode)]
        raise UserError(f"{what}: {program} failed:", *(f"  {line}" for line in said))
    return done.stdout


def _end(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
