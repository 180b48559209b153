"""Where the projects of the corpus come from: made as an ordinary user would get them, each in a folder of its name."""

from __future__ import annotations

import contextlib
import functools
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import CHECKOUT

KINDS = ("tree", "sdist", "startproject", "wagtail")
_AS_OF = "2026-11-22T00:00:00Z"
"""Projects with open requirements get what the index had then, where uv installs."""
_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 6 << 30
_PYTHONS = ("3.14", "3.13", "3.12")
_GIT = ("git", "-c", "user.name=Team", "-c", "user.email=team@example.org", "-c", "init.defaultBranch=main")


@dataclass(frozen=True)
class Source:
    """Where a project comes from.

    Attributes:
        name: names the folder.
        kind: tree (a folder of this repository, committed to git), sdist (from the package index), startproject or
            wagtail (written by that version of Django or Wagtail).
        what: the folder, or NAME==VERSION.
        python: the least version that takes it, as "3.12"; "" where every one does.
        prepare: shell commands that a user gives in the folder before building.
    """

    name: str
    kind: str
    what: str
    python: str = ""
    prepare: tuple[str, ...] = field(default=())

    @classmethod
    def read(cls, name: str, table: dict[str, Any]) -> Source:
        """Take a source's entries out of a project's table."""
        [kind] = [kind for kind in KINDS if kind in table]
        return cls(name, kind, table.pop(kind), table.pop("python", ""), tuple(table.pop("prepare", ())))

    def make(self, scratch: Path) -> Path:
        """Make the project.

        Args:
            scratch: an empty folder.

        Returns:
            The project's folder in it.
        """
        folder = scratch / self.name
        {"tree": self._copy, "sdist": self._download}.get(self.kind, self._generate)(scratch, folder)
        for command in self.prepare:
            run(["sh", "-ec", command], folder)
        return folder

    def _copy(self, scratch: Path, folder: Path) -> None:
        # What this repository ignores is no part of a project that someone else would clone.
        listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", self.what], CHECKOUT)
        for name in filter(None, listed.split("\0")):
            if (CHECKOUT / name).is_file():
                copy = folder / Path(name).relative_to(self.what)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(CHECKOUT / name, copy)
        for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=All of it"]):
            run([*_GIT, *arguments], folder)

    def _download(self, scratch: Path, folder: Path) -> None:
        package = self.what.partition("==")[0]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", package]
        run([*pip, "--dest", "downloaded", self.what], scratch)
        [archive] = (scratch / "downloaded").iterdir()
        with tarfile.open(archive) as packed:
            # Python 3.11.2, Debian 12's, has no filters yet.
            packed.extraction_filter = getattr(tarfile, "data_filter", None)
            packed.extractall(scratch / "unpacked")
        [unpacked] = (scratch / "unpacked").iterdir()
        unpacked.rename(folder)

    def _generate(self, scratch: Path, folder: Path) -> None:
        tools = scratch / "tools"
        run([self.interpreter, "-m", "venv", "--without-pip", tools], scratch)
        run([*installer(tools / "bin" / "python"), self.what], scratch)
        program, command = {"wagtail": ("wagtail", "start")}.get(self.kind, ("django-admin", "startproject"))
        folder.mkdir()
        run([tools / "bin" / program, command, "mysite", folder], scratch)
        if not (folder / "requirements.txt").exists():
            (folder / "requirements.txt").write_text(f"{self.what}\n")

    @property
    def environment(self) -> dict[str, str]:
        """Variables for those who install its requirements."""
        return {} if self.kind == "tree" else {"UV_EXCLUDE_NEWER": _AS_OF}

    @property
    def interpreter(self) -> Path:
        """The Python that it is built for."""
        return find_python(self.python) if self.python else Path(sys.executable)

    @property
    def is_possible(self) -> bool:
        """Whether there is a Python that takes it."""
        return not self.python or sys.version_info >= _version(self.python) or bool(_pythons(self.python))


def find_python(least: str) -> Path:
    """This Python where it is new enough, else another one that is."""
    return Path(sys.executable) if sys.version_info >= _version(least) else _pythons(least)[0]


@functools.cache
def _pythons(least: str) -> list[Path]:
    """The Pythons on PATH, and those of pyenv, that are not older than a version; the newest first."""
    found = [Path(path) for path in _candidates(least)]
    return [path for path in found if subprocess.run([path, "-Ic", "import venv"], capture_output=True).returncode == 0]


def _candidates(least: str) -> Iterator[str]:
    for version in _PYTHONS:
        if _version(version) >= _version(least):
            if on_path := shutil.which(f"python{version}"):
                yield on_path
            pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
            yield from map(str, sorted(pyenv.glob(f"{version}.*/bin/python{version}")))


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def installer(python: Path) -> list[str | Path]:
    """The command that installs into an environment: uv's where it is there, as it is quicker."""
    if uv := shutil.which("uv", path=SEARCH):
        return [uv, "pip", "install", "--quiet", "--python", python]
    return [sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--disable-pip-version-check"]


SEARCH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
"""A search path with the programs of these tests' own environment."""


def run(command: Sequence[str | Path], folder: Path, **more: str) -> str:
    """Run a command that must end well, with an environment that says nothing about Python or Django.

    Raises:
        AssertionError: it did not; with the end of what it said.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    done = subprocess.run(command, cwd=folder, env={**kept, "PATH": SEARCH, **more}, capture_output=True, text=True)
    said = (done.stderr.strip() or done.stdout.strip())[-3000:]
    assert done.returncode == 0, f"{' '.join(map(str, command))}: {done.returncode}\n{said}"
    return done.stdout


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder, in memory where there is room: builds and first starts write and sync thousands of files."""
    with tempfile.TemporaryDirectory(prefix="corpus-", dir=_MEMORY if _has_room(_MEMORY) else None) as folder:
        yield Path(folder)


def _has_room(folder: Path) -> bool:
    if not os.access(folder, os.W_OK) or os.statvfs(folder).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(folder).free > _ROOM_BYTES
