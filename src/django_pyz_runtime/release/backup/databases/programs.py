"""Runs the programs that come with a database."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from django_pyz_runtime.data.ownership import Owner
from django_pyz_runtime.errors import UserError, system_reason


def find(what: str, package: str, *names: str) -> str:
    """The path of the first of some programs that exists.

    Args:
        what: names what needs it, for the message.
        package: the Debian package that has it.
        names: of the programs.

    Raises:
        UserError: none exists.
    """
    if found := next(filter(None, map(shutil.which, names)), None):
        return found
    raise UserError(
        f"{what}: there is no program {' or '.join(names)} on PATH",
        hint=f"Install it (Debian and Ubuntu: apt-get install {package}).",
    )


def run(
    what: str,
    command: Sequence[str | Path],
    environ: Mapping[str, str] | None = None,
    stdin: Path | None = None,
    stdout: Path | None = None,
    user: Owner | None = None,
) -> str:
    """Run a program to its end and return its output.

    Args:
        what: names what it works on, for the message.
        command: program and arguments; no secrets, as every user sees them.
        environ: variables to add.
        stdin: its input; None for no input.
        stdout: a new file for its output, which is not returned then.
        user: runs it; None for this user.

    Raises:
        UserError: it failed; with its output.
    """
    program = os.path.basename(command[0])
    try:
        with contextlib.ExitStack() as files:
            done = subprocess.run(
                command,
                env={**os.environ, "LC_MESSAGES": "C", **(environ or {})},
                cwd="/" if user else None,
                stdin=files.enter_context(open(stdin or os.devnull, "rb")),
                stdout=files.enter_context(stdout.open("xb")) if stdout else subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                user=user and user[0],
                group=user and user[1],
                extra_groups=[] if user else None,
            )
    except OSError as error:
        raise UserError(f"{what}: {program} cannot be run: {system_reason(error)}") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or [_end(done.returncode)]
        raise UserError(f"{what}: {program} failed:", *(f"  {line}" for line in said))
    return done.stdout or ""


def _end(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
