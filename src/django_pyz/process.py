"""The only module that runs commands."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

from django_pyz import epoch
from django_pyz_runtime.errors import UserError, system_reason

_SHOWN_LINES = 25
_SHOWN_WIDTH = 500
_NO_REASONS = ("hint:", "note:", "Hint:", "[end of output]")
_PROGRESS = re.compile(
    r"(Using Python|Resolved|Prepared|Installed|Uninstalled|Audited) |\s*(Downloading|Building|Built) "
)
"""What uv prints when all goes well."""
_CREDENTIALS = re.compile(r"(?<=://)(?!git@)[^/\s]+(?=@)")
"""In the address of a package index or a repository."""
_PATIENCE = {"UV_HTTP_TIMEOUT": "15", "PIP_RETRIES": "3"}
"""Give up on an index that does not answer after about a minute: four attempts of 15 seconds each."""
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
"""Variables that git sets for its hooks; with them, every git command works on that repository."""


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
        what: its purpose, completing "cannot ...".
        folder: where to run it; default the current folder.
        env: its whole environment; default: this process's, without variables that select a git repository.
        hint: the next step if it fails.
        names: it prints file names: keep bytes that are not text.

    Returns:
        Its standard output.

    Raises:
        UserError: it failed or could not be started. The message has the end of its output.
    """
    arguments = [os.fspath(part) for part in command]
    try:
        running = subprocess.Popen(
            arguments,
            cwd=folder,
            env=_without_repository(os.environ) if env is None else env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="surrogateescape" if names else "replace",
        )
    except OSError as error:
        raise UserError(f"cannot {what}: {arguments[0]}: {system_reason(error)}", hint=hint) from None
    output, errors = _listen(running)
    if running.returncode:
        said = _once(errors.strip() or output.strip()).splitlines()[-_SHOWN_LINES:]
        text = "\n".join(f"  {_CREDENTIALS.sub('****', line)[:_SHOWN_WIDTH]}" for line in said)
        raise UserError(
            f"cannot {what}: {Path(arguments[0]).name} ended with code {running.returncode}:\n{text}", hint=hint
        )
    return output


def last_words() -> str:
    """The last line printed by a command that still runs; "" if there is none."""
    return _CREDENTIALS.sub("****", "".join([*_last_words.values()][-1:]))


_last_words: dict[int, str] = {}
"""By process, the most recent line last."""


def _listen(running: subprocess.Popen[str]) -> tuple[str, str]:
    """Wait for a command to end; return its standard output and standard error."""
    with running, ThreadPoolExecutor(1) as beside:
        try:
            errors = beside.submit(_lines, running.pid, running.stderr)
            return _lines(running.pid, running.stdout), errors.result()
        except BaseException:
            running.kill()
            raise
        finally:
            _last_words.pop(running.pid, None)


def _lines(pid: int, stream: IO[str] | None) -> str:
    lines = []
    for line in stream or ():
        lines.append(line)
        if line.strip():
            _last_words.pop(pid, None)
            _last_words[pid] = line.strip()
    return "".join(lines)


def _once(said: str) -> str:
    """pip's message on a failure, without the repetitions for each process that it started."""
    before, again, after = said.rpartition("error: subprocess-exited-with-error")
    if again and "See above for output." in after and before.strip():
        return _once(before.rstrip())
    lines = [line for line in said.splitlines() if not _PROGRESS.match(line)]
    return "\n".join(line for line, next_line in zip(lines, [*lines[1:], None], strict=True) if line != next_line)


def installer_environment() -> dict[str, str]:
    """A clean environment for an installer; pip neither asks questions nor looks for a newer pip.

    The user's timeout for an index wins; the default is about a minute.
    """
    patience = {name: text for name, text in _PATIENCE.items() if name not in os.environ}
    return clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", **patience)


def clean_environment(*without: str, **more: str) -> dict[str, str]:
    """This process's environment without variables that change where Python finds code or git its repository.

    Args:
        without: more prefixes of names to leave out.
        more: variables to set.
    """
    inherited = _without_repository(os.environ)
    kept = {name: value for name, value in inherited.items() if not name.startswith(("PYTHON", *without))}
    # Build backends write this time into what they build, instead of today's.
    return {epoch.VARIABLE: str(epoch.source_date_epoch()), **kept, **more}


def _without_repository(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name not in _OF_ONE_REPOSITORY}


def reason_of(error: UserError) -> str:
    """The line with the reason in a failed command's output: the last one that is not a hint."""
    lines = [line.strip() for line in error.problem.splitlines()]
    return next((line for line in reversed(lines) if not line.startswith(_NO_REASONS)), lines[-1])
