"""Machines with a small bundle on them, and file systems of their own."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.e2e.harness import Machine
from tests.small_bundle import ANSWER
from tests.waiting import DEADLINE_SECONDS

NOBODY = 65534
as_root = pytest.mark.needs(programs.ROOT)
"""Only root can mount file systems and be other users."""
Done = subprocess.CompletedProcess[str]


@contextlib.contextmanager
def mounted(folder: Path, *options: str | Path) -> Iterator[Path]:
    """A file system, mounted on a folder until the end of the block.

    Args:
        folder: made if it is not there.
        options: of mount, and what to mount.
    """
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", *options, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def as_nobody(machine: Machine, *command: str, **environment: str) -> Done:
    """Run a command of a bundle as a user who has nothing, who must be able to reach it.

    Args:
        machine: with the bundle.
        command: of the bundle.
        environment: all of it, but for PATH.
    """
    return subprocess.run(
        [machine.executable, *command],
        cwd="/",
        env={"PATH": machine.environment["PATH"], **environment},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )


def trees(folder: Path) -> list[str]:
    """What lies in a folder for trees; nothing where it was not made."""
    return sorted(os.listdir(folder)) if folder.is_dir() else []


def answers(done: Done) -> bool:
    """Whether the small bundle has run."""
    return (done.returncode, done.stdout) == (0, "{}\n")


def answer(machine: Machine, **environment: str) -> Done:
    """Ask a small bundle for its answer."""
    return machine.run(*ANSWER, **environment)
