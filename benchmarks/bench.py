"""Shared by the rows: the amount of measuring, and the candidates of each project, created on first use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks import projects
from benchmarks.candidates import PEX, PEX_VENV, SHIV, SHIV_COMPILED, Candidates
from benchmarks.commands import tell
from benchmarks.homes import Homes
from benchmarks.projects import SAMPLE, SITE, Project


@dataclass(frozen=True)
class Scale:
    """The amount of measuring.

    Attributes:
        projects: by name.
        peers: the candidates for `check`, besides ours.
        files: the numbers of files.
        overhead: rounds of the start-up overhead.
        check: rounds of the warm command.
        cold: rounds of first starts.
        build: rounds of builds.
        with_pip: whether to build with pip as well.
        memory: rounds of peak memory.
        serving: rounds of requests.
        serving_seconds: how long a server gets requests in each of them.
        ready: rounds of starts of a server.
        files_warm: rounds for each number of files.
        files_cold: rounds of first starts for each number of files.
    """

    projects: tuple[str, ...]
    peers: tuple[str, ...]
    files: tuple[int, ...]
    overhead: int
    check: int
    cold: int
    build: int
    with_pip: bool
    memory: int
    serving: int
    serving_seconds: float
    ready: int
    files_warm: int
    files_cold: int


FULL = Scale(
    projects=(SAMPLE, SITE),
    peers=(SHIV, SHIV_COMPILED, PEX, PEX_VENV),
    files=(1000, 2000, 5000, 10000, 20000),
    overhead=15,
    check=11,
    cold=4,
    build=5,
    with_pip=True,
    memory=3,
    serving=60,
    serving_seconds=0.5,
    ready=8,
    files_warm=11,
    files_cold=3,
)
SHORT = Scale(
    projects=(SAMPLE,),
    peers=(SHIV, PEX_VENV),
    files=(1000, 5000),
    overhead=5,
    check=3,
    cold=1,
    build=1,
    with_pip=False,
    memory=1,
    serving=2,
    serving_seconds=1.0,
    ready=2,
    files_warm=5,
    files_cold=1,
)


class Bench:
    """A scratch folder with all candidates.

    Args:
        scale: the amount of measuring.
        folder: an empty folder.
    """

    def __init__(self, scale: Scale, folder: Path) -> None:
        self.scale = scale
        self.homes = Homes(folder / "homes")
        self._folder = folder
        self._made: dict[str, Candidates] = {}

    def project(self, name: str) -> Candidates:
        """The candidates for the sample or the Wagtail site."""
        return self._candidates(name, lambda folder: projects.make(name, folder))

    def generated(self, files: int) -> Candidates:
        """The candidates for a package of that many files."""
        return self._candidates(f"{files}-files", lambda folder: projects.make_generated(files, folder))

    def empty_folder(self, name: str) -> Path:
        """A new folder."""
        folder = self._folder / name
        folder.mkdir()
        return folder

    def _candidates(self, name: str, make: Callable[[Path], Project]) -> Candidates:
        if name not in self._made:
            tell(f"{name}: making the project and its virtual environment")
            self._made[name] = Candidates(make(self.empty_folder(name)), self._folder)
        return self._made[name]
