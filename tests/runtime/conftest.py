"""What the tests of the run wing share: a manifest, a reader of configuration, and Python in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import split
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.configuration import Configuration
from tests.measuring import MEASURED
from tests.runtime.journal_listener import Listener

SOURCE = Path(levels.__file__).resolve().parents[2]

Load = Callable[..., Configuration]
Python = Callable[..., str]


def clean_environment(*folders: Path) -> dict[str, str]:
    """The environment of a Python of its own, which can import the run wing and from the folders."""
    places = [str(SOURCE), *map(str, folders), os.environ.get("PYTHONPATH", "")]
    measured = {name: value for name, value in os.environ.items() if name == MEASURED}
    return {"PATH": os.environ["PATH"], "PYTHONPATH": ":".join(filter(None, places)), **measured}


def run_as(uid: int, imports: str, code: str, *argv: str | Path) -> str:
    """Run code in a Python that has become another user, and give what it printed; only root can.

    Args:
        uid: of the user.
        imports: run before, as the checkout and Python itself may be where that user may not read.
        code: what the user runs.
        argv: its arguments.
    """
    become = f"import os, sys\nos.setgroups([]); os.setgid({uid}); os.setuid({uid})\n"
    command = [sys.executable, "-B", "-W", "error", "-c", f"{imports}\n{become}{code}", *argv]
    done = subprocess.run(command, env=clean_environment(), cwd="/", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@pytest.fixture
def manifest() -> Manifest:
    """Of a project called project."""
    return Manifest("project", "project-script", "myproj.settings", ("__project__",), "3.11")


@pytest.fixture
def load(tmp_path: Path, manifest: Manifest) -> Load:
    """Reads a configuration: the text of the main file, a command line, the environment."""

    def load(content: str | bytes = "", *argv: str, mode: int = 0o600, **environ: str) -> Configuration:
        path = tmp_path / "settings.ini"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(mode)
        return levels.load(manifest, split(["--config", str(path), *argv]), environ, os.geteuid())

    return load


@pytest.fixture
def python(tmp_path: Path) -> Python:
    """Runs code in a Python of its own and gives what it printed; the run wing and tmp_path can be imported from.

    Nothing but what is expected may stand on standard error, and the exit code must be as expected.
    """

    def run(code: str, *argv: str, stderr: str = "", exit_code: int = 0, **environ: str) -> str:
        environment = clean_environment(tmp_path) | {"HOME": str(tmp_path)}
        command = [sys.executable, "-W", "error", "-c", code, *argv]
        done = subprocess.run(command, env=environment | environ, cwd=tmp_path, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (exit_code, stderr)
        return done.stdout

    return run


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    """A socket for events, as the journal has one."""
    made = Listener(tmp_path / "socket")
    yield made
    made.close()
