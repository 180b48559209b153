"""The projects that corpus.toml declares: what is known of each, how it is built, and the machine it is used on."""

from __future__ import annotations

import os
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.corpus.login import MAKE_USER, Login
from tests.e2e.corpus.sources import Source, run
from tests.e2e.harness import Machine
from tests.programs import is_here

_USER = {
    "make": MAKE_USER,
    "find": [
        *("shell", "-v", "0", "-c"),
        "from django.contrib.auth import get_user_model as user; print('kept', user().objects.count())",
    ],
    "said": "kept 1",
}
"""What is kept over a change of release where a project says nothing else."""


@dataclass(frozen=True)
class Case:
    """A project of the corpus.

    Attributes:
        source: where it comes from.
        needs: programs that its build runs.
        options: of build_pyz.py.
        settings: the text of its settings.ini; {folder} stands for the folder that holds it.
        files: more files in that folder, by name.
        environment: more variables on the machine.
        headers: of all requests.
        urls: each a path, the expected status, and optionally a text that the body must have.
        login: its form, where one is tried, with the user that is kept.
        follows_links: whether the style sheets and scripts of its pages must be there.
        logs: what the server must say.
        keep: what is made with the first release, how it is found with the second, and what that prints.
        without: steps that mean nothing for it.
        long: whether it takes so long that it is tried with --long only.
        changed: the file that differs in the second release; a line is added.
    """

    source: Source
    needs: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    settings: str = ""
    files: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    urls: tuple[tuple[str, int, str], ...] = ()
    login: Login | None = None
    follows_links: bool = True
    logs: str = ""
    keep: dict[str, Any] = field(default_factory=lambda: _USER)
    without: tuple[str, ...] = ()
    long: bool = False
    changed: str = "NEXT_RELEASE"

    @classmethod
    def read(cls, name: str, table: dict[str, Any]) -> Case:
        """Take a project's table apart."""
        table = dict(table)
        source = Source.read(name, table)
        urls = tuple((path, status, "".join(text)) for path, status, *text in table.pop("urls"))
        for key in {"needs", "options", "without"} & table.keys():
            table[key] = tuple(table[key])
        if "login" in table:
            table["login"] = Login.read(table["login"])
        return cls(source=source, urls=urls, **table)

    @property
    def name(self) -> str:
        """The project's name."""
        return self.source.name

    @property
    def lacks(self) -> list[str]:
        """What this machine does not have of what the project needs."""
        python = f"Python {self.source.python} or newer"
        return [need for need in self.needs if not is_here(need)] + [python] * (not self.source.is_possible)


def read_corpus() -> dict[str, Case]:
    """The declared projects, by name."""
    tables = tomllib.loads(Path(__file__).with_name("corpus.toml").read_text(encoding="utf-8"))
    return {name: Case.read(name, table) for name, table in tables.items()}


def build(case: Case, checkout: Path, folder: Path, output: Path) -> str:
    """Build a project as a user would, and return what was said."""
    options = [*case.options, *(["--python", str(case.source.interpreter)] if case.source.python else [])]
    command: list[str | Path] = [sys.executable, checkout / "build_pyz.py", folder, "-o", output, *options]
    return run(command, folder.parent, TMPDIR=str(folder.parent), **case.source.environment)


def make_machine(case: Case, scratch: Path) -> Machine:
    """A machine on which a project is configured."""
    folder = scratch / "machine"
    folder.mkdir()
    machine = Machine(folder, scratch / "release", case.name)
    machine.environment["PATH"] = f"{case.source.interpreter.resolve().parent}{os.pathsep}{machine.environment['PATH']}"
    machine.environment |= {name: text.replace("{folder}", str(folder)) for name, text in case.environment.items()}
    for name, text in case.files.items():
        (folder / name).write_text(text.replace("{folder}", str(folder)))
    if case.settings:
        machine.configure(case.settings.replace("{folder}", str(folder)))
    return machine
