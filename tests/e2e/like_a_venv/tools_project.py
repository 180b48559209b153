"""tests/projects/tools as a bundle on one machine, and ways to run a few lines of Python in it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Protocol

from tests.e2e.corpus.cases import Case, build, make_machine
from tests.e2e.corpus.sources import Source
from tests.e2e.harness import Machine

COMMAND = ("shell", "-v", "0", "-c")
"""Runs code as a management command does."""
CHILD = ("pyz", "exec", "python", "-c")
"""Runs code in a Python that the project starts."""


class Says(Protocol):
    """Runs code, and returns the lines that it prints."""

    def __call__(self, code: str, **environment: str) -> list[str]: ...


_CASE = Case(Source("tools", "tree", "tests/projects/tools"))


def build_tools(checkout: Path, scratch: Path) -> None:
    """Build the bundle, with a checkout's build_pyz.py, as scratch/release."""
    build(_CASE, checkout, _CASE.source.make(scratch), scratch / "release")


def tools_machine(bundle: Path, scratch: Path) -> Machine:
    """A machine with that bundle, the tree unpacked; its folder is made below an empty one."""
    shutil.copy(bundle, scratch / "release")
    machine = make_machine(_CASE, scratch)
    machine.succeed("check")
    return machine


def site_packages(machine: Machine) -> Path:
    """The folder of the machine's one unpacked tree."""
    [tree] = (machine.folder / "cache").iterdir()
    return tree / "site-packages"


def said(machine: Machine, *arguments: str, stdin: str = "", **environment: str) -> list[str]:
    """The lines that a command prints, which must end well and have nothing on standard error."""
    done = machine.run(*arguments, stdin=stdin, **environment)
    assert (done.returncode, done.stderr) == (0, ""), f"{arguments}\n{done.stdout}"
    return done.stdout.splitlines()
