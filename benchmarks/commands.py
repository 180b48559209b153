"""Commands that prepare what is measured, and the environments in which things run."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.errors import BenchmarkError

CHECKOUT = Path(__file__).resolve().parent.parent
PYTHON = Path(os.path.realpath(f"{sys.base_prefix}/bin/python{sys.version_info[0]}.{sys.version_info[1]}"))
"""The one that all candidates run on: behind virtual environments, in which pex would not take its fast way."""
SYSTEM_PATH = os.pathsep.join([str(PYTHON.parent), "/usr/bin", "/bin"])
"""A search path on which the first lines of the candidates find that Python."""
SEARCH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
"""A search path with the tools of the environment in which this runs."""
_SHOWN_CHARACTERS = 4000


def build_environment(**more: str) -> dict[str, str]:
    """This process's environment, for tools that build and install, without what says something about Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    return {**kept, "PATH": SEARCH, **more}


def succeed(command: Sequence[str | Path], environment: Mapping[str, str], folder: Path = Path("/")) -> str:
    """Run a command that must end well, and return its standard output.

    Raises:
        BenchmarkError: it did not; with what it said.
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
    """Say on standard error how far it is."""
    print(f"benchmarks: {text}", file=sys.stderr, flush=True)
