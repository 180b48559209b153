"""Runs preparing commands, and defines the environments of measured programs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.errors import BenchmarkError

CHECKOUT = Path(__file__).resolve().parent.parent
PYTHON = Path(os.path.realpath(f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"))
"""The Python for all candidates: outside virtual environments, where pex would not take its fast path."""
SYSTEM_PATH = os.pathsep.join([str(PYTHON.parent), "/usr/bin", "/bin"])
"""A PATH on which the first lines of the candidates find that Python."""
SEARCH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
"""A PATH with the tools of this environment."""
_SHOWN_CHARACTERS = 4000


def build_environment(**more: str) -> dict[str, str]:
    """This process's environment, for build tools and installers, without Python's variables."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    return {**kept, "PATH": SEARCH, **more}


def succeed(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path = Path("/")) -> str:
    """Run a command that must succeed, and return its standard output.

    Raises:
        BenchmarkError: it failed; with its output.
    """
    arguments = [os.fspath(part) for part in command]
    done = subprocess.run(
        arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if done.returncode:
        raise failure(arguments, done.returncode, done.stdout + done.stderr)
    return done.stdout


def failure(command: Sequence[str], code: int, said: str) -> BenchmarkError:
    """The error for a command that ended with a code other than 0."""
    return BenchmarkError(f"{' '.join(command)}: ended with code {code}\n{said[-_SHOWN_CHARACTERS:].rstrip()}")


def tell(text: str) -> None:
    """Report progress on standard error."""
    print(f"benchmarks: {text}", file=sys.stderr, flush=True)
