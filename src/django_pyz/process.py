"""The only module that runs commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from django_pyz import epoch
from django_pyz_runtime.errors import UserError, system_reason

_SHOWN_LINES = 25
_SHOWN_WIDTH = 500
_NO_REASONS = ("hint:", "note:", "Hint:", "[end of output]")
_CREDENTIALS = re.compile(r"(?<=://)(?!git@)[^/\s]+(?=@)")
"""In the address of a package index or a repository."""
_OF_ONE_REPOSITORY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)
"""Variables that git sets for its hooks; every git that is started with them works on that repository."""


def run(
    command: Sequence[str | Path],
    what: str,
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    hint: str = "",
    names: bool = False,
) -> str:
    """Run a command to its end.

    Args:
        command: program and arguments.
        what: what it is for, completing "cannot ...".
        folder: where to run it; default the current folder.
        env: its whole environment; default this process's, less what is for one git repository.
        hint: the next step where it fails.
        names: it prints names of files: bytes that are no text stay what they are.

    Returns:
        Its standard output.

    Raises:
        UserError: it ended with an error, or could not be started. The end of its output is in the message.
    """
    arguments = [os.fspath(part) for part in command]
    try:
        done = subprocess.run(
            arguments,
            cwd=folder,
            env=_without_repository(os.environ) if env is None else env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="surrogateescape" if names else "replace",
        )
    except OSError as error:
        raise UserError(f"cannot {what}: {arguments[0]}: {system_reason(error)}", hint=hint) from None
    if done.returncode:
        said = _once(done.stderr.strip() or done.stdout.strip()).splitlines()[-_SHOWN_LINES:]
        text = "\n".join(f"  {_CREDENTIALS.sub('****', line)[:_SHOWN_WIDTH]}" for line in said)
        raise UserError(
            f"cannot {what}: {Path(arguments[0]).name} ended with code {done.returncode}:\n{text}", hint=hint
        )
    return done.stdout


def _once(said: str) -> str:
    """What pip says of a failure, less that it says so again for each process that it started."""
    before, again, after = said.rpartition("error: subprocess-exited-with-error")
    if again and "See above for output." in after and before.strip():
        return _once(before.rstrip())
    lines = said.splitlines()
    return "\n".join(line for line, next_line in zip(lines, [*lines[1:], None], strict=True) if line != next_line)


def installer_environment() -> dict[str, str]:
    """A clean environment for an installer; pip neither asks questions nor looks for a newer pip."""
    return clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")


def clean_environment(*without: str, **more: str) -> dict[str, str]:
    """This process's environment without the variables that change how Python finds code, or git its repository.

    Args:
        without: beginnings of more names to leave out.
        more: variables to set.
    """
    inherited = _without_repository(os.environ)
    kept = {name: value for name, value in inherited.items() if not name.startswith(("PYTHON", *without))}
    # Build backends write this time, not today's, into what they make.
    return {epoch.VARIABLE: str(epoch.source_date_epoch()), **kept, **more}


def _without_repository(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in _OF_ONE_REPOSITORY}


def reason_of(error: UserError) -> str:
    """The line in which a failed command says what is wrong: the last one that is no hint."""
    lines = [line.strip() for line in error.problem.splitlines()]
    return next((line for line in reversed(lines) if not line.startswith(_NO_REASONS)), lines[-1])
