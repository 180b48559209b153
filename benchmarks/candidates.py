"""One project as shipped by each candidate, from the same packages. Each is built on first use."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path

from benchmarks import our_bundle
from benchmarks.commands import CHECKOUT, PYTHON, build_environment, succeed, tell
from benchmarks.projects import Project, find_uv
from tests.e2e.harness import path_without_uv

VENV = "venv"
OURS = "django-pyz"
OURS_INSTALLED = "django-pyz, installed before"
SHIV = "shiv"
SHIV_COMPILED = "shiv --compile-pyc"
PEX = "pex"
PEX_VENV = "pex --venv --sh-boot"

PEX_VERSION = "2.105.2"
NOOP = "noop:main"
MANAGE = "manage:main"
_NOOP = "def main():\n    pass\n"
_NOT_SHIPPED = shutil.ignore_patterns("__pycache__", ".git", "*.sqlite3", "_virtualenv.*")


@cache
def pex_program(folder: Path) -> Path:
    """pex from the package index, in its own environment, created once."""
    environment, variables = folder / "pex", build_environment()
    uv, python = find_uv(), environment / "bin" / "python"
    succeed([uv, "venv", "--quiet", "--python", PYTHON, environment], variables)
    succeed([uv, "pip", "install", "--quiet", "--python", python, f"pex=={PEX_VERSION}"], variables)
    return environment / "bin" / "pex"


class Candidates:
    """The candidates built from one project.

    Args:
        project: the project.
        tools: a folder for tools that need their own environment.
    """

    def __init__(self, project: Project, tools: Path) -> None:
        self.project = project
        self._tools = tools
        self._folder = project.folder / "candidates"
        self._folder.mkdir()

    @cached_property
    def code(self) -> Path:
        """The project's files as shipped, and a module that does nothing."""
        folder = self._folder / "code"
        shutil.copytree(self.project.source, folder, ignore=_NOT_SHIPPED)
        (folder / "noop.py").write_text(_NOOP, encoding="utf-8")
        return folder

    @cached_property
    def packages(self) -> Path:
        """The installed packages without bytecode."""
        folder = self._folder / "packages"
        # Hard links: readers change nothing, and there is less to delete at the end.
        shutil.copytree(self.project.site_packages, folder, ignore=_NOT_SHIPPED, copy_function=os.link)
        return folder

    @cached_property
    def _stage(self) -> Path:
        folder = self._folder / "stage"
        shutil.copytree(self.packages, folder, copy_function=os.link)
        shutil.copytree(self.code, folder, dirs_exist_ok=True)
        return folder

    def file(self, candidate: str, entry_point: str) -> Path:
        """The executable file of a candidate, built if it does not exist yet.

        Args:
            candidate: any but the venv.
            entry_point: NOOP or MANAGE.
        """
        words = "".join(char if char.isalnum() else "-" for char in candidate)
        path = self._folder / f"{words}-{entry_point.partition(':')[0]}.pyz"
        if not path.exists():
            tell(f"{self.project.name}: building {path.name}")
            self._builders[candidate](path, entry_point)
        return path

    @cached_property
    def _builders(self) -> dict[str, Callable[[Path, str], None]]:
        return {
            OURS: self._build_ours,
            SHIV: self.build_staged_shiv,
            SHIV_COMPILED: lambda path, entry_point: self.build_staged_shiv(path, entry_point, "--compile-pyc"),
            PEX: self._build_pex,
            PEX_VENV: lambda path, entry_point: self._build_pex(path, entry_point, "--venv", "--sh-boot"),
        }

    def _build_ours(self, path: Path, entry_point: str) -> None:
        if entry_point == MANAGE:
            self.build_ours_with_uv(path)
            return
        scratch = self._folder / "noop-bundle"
        scratch.mkdir()
        our_bundle.write_noop(self.packages, self.code, path, scratch)

    def build_ours_with_uv(self, path: Path) -> None:
        """Build our file as a user would who has uv."""
        command: list[str | Path] = [sys.executable, "-m", "django_pyz", "build", self.project.source, "--output", path]
        succeed(command, build_environment(PYTHONPATH=str(CHECKOUT / "src")))

    def build_ours_with_pip(self, path: Path) -> None:
        """Build our file as a user would who has no uv."""
        command: list[str | Path] = [sys.executable, "-m", "django_pyz", "build", self.project.source, "--output", path]
        succeed(command, build_environment(PYTHONPATH=str(CHECKOUT / "src"), PATH=path_without_uv()))

    def build_shiv(self, path: Path) -> None:
        """Let shiv install the packages and add the project's files."""
        self._shiv(path, MANAGE, "--site-packages", str(self.code), "-r", str(self.project.requirements))

    def build_staged_shiv(self, path: Path, entry_point: str, *options: str) -> None:
        """Let shiv pack the installed packages."""
        self._shiv(path, entry_point, *options, "--site-packages", str(self._stage))

    def _shiv(self, path: Path, entry_point: str, *arguments: str) -> None:
        interpreter = f"/usr/bin/env {PYTHON.name}"
        command: list[str | Path] = [
            sys.executable,
            "-m",
            "shiv",
            "-p",
            interpreter,
            "-e",
            entry_point,
            "-o",
            path,
            *arguments,
        ]
        succeed(command, build_environment())

    def _build_pex(self, path: Path, entry_point: str, *options: str) -> None:
        """Let pex pack the packages of the virtual environment, and the project's files."""
        packages: list[str | Path] = ["--venv-repository", self.project.environment, "-r", self.project.requirements]
        sources: list[str | Path] = ["-D", self.code, "-e", entry_point]
        command = [pex_program(self._tools), *packages, *sources, *options, "-o", path]
        succeed(command, build_environment(PEX_ROOT=str(self._tools / "pex-root")))
