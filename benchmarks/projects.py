"""The measured projects, each with pinned packages in a virtual environment."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import generated
from benchmarks.commands import PYTHON, SEARCH, build_environment, succeed
from benchmarks.errors import BenchmarkError
from django_pyz.dependencies.install import GUNICORN, RUN_WING_NEEDS
from tests.e2e.corpus.sources import Source

SAMPLE, SITE = "S", "L"
TITLES = {
    SAMPLE: "S: the sample project, `src/project`",
    SITE: "L: what `wagtail start` writes",
}
PLAIN_PATH = "/plain/"
"""A page added to the sample that only says ok."""
_PLAIN_VIEW = """

from django.http import HttpResponse

urlpatterns.append(path("plain/", lambda request: HttpResponse("ok")))
"""
_SOURCES = {
    SAMPLE: Source("sample", "tree", "src/project"),
    SITE: Source("site", "wagtail", "wagtail==7.2.3"),
}
_COMPILE = "import compileall, sys; [compileall.compile_dir(folder, quiet=2) for folder in sys.argv[1:]]"
_SERVING = [GUNICORN, *(f"{name}=={version}" for name, _, version in RUN_WING_NEEDS)]
"""Packages that every bundle has, so every other candidate gets them too."""


@dataclass(frozen=True)
class Project:
    """A project and its virtual environment.

    Attributes:
        name: S or L, or the number of files.
        source: the folder with manage.py; empty if the project is only a package.
        environment: the virtual environment, fully compiled.
        requirements: a file with every package and its version.
        folder: for built candidates.
    """

    name: str
    source: Path
    environment: Path
    requirements: Path
    folder: Path

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        return self.environment / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """The environment's packages."""
        return next(self.environment.glob("lib/python*/site-packages"))


def make(name: str, folder: Path) -> Project:
    """Make the sample or the Wagtail site.

    Args:
        name: S or L.
        folder: an empty one.
    """
    source = _SOURCES[name]
    code = source.make(folder)
    if name == SAMPLE:
        with (code / "myproj" / "urls.py").open("a", encoding="utf-8") as urls:
            urls.write(_PLAIN_VIEW)
    wanted = ["-r", str(code / "requirements.txt"), *_SERVING]
    return _installed(name, code, wanted, folder, **source.environment)


def make_generated(files: int, folder: Path) -> Project:
    """Make a package of that many files.

    Args:
        files: how many.
        folder: an empty one.
    """
    code = folder / "source"
    code.mkdir()
    return _installed(f"{files:,} files", code, [str(generated.write_wheel(folder, files))], folder)


def _installed(name: str, code: Path, wanted: Sequence[str], folder: Path, **variables: str) -> Project:
    environment, uv = folder / "venv", find_uv()
    variables = build_environment(**variables)
    succeed([uv, "venv", "--quiet", "--python", PYTHON, environment], variables)
    python = environment / "bin" / "python"
    succeed([uv, "pip", "install", "--quiet", "--link-mode", "copy", "--python", python, *wanted], variables)
    requirements = code / "requirements.txt" if (code / "manage.py").exists() else folder / "requirements.txt"
    frozen = succeed([uv, "pip", "list", "--quiet", "--format", "freeze", "--python", python], variables)
    requirements.write_text(frozen, encoding="utf-8")
    project = Project(name, code, environment, requirements, folder)
    succeed([python, "-c", _COMPILE, project.site_packages, code], variables)
    return project


def find_uv() -> str:
    """The uv that installs.

    Raises:
        BenchmarkError: there is none.
    """
    if uv := shutil.which("uv", path=SEARCH):
        return os.path.abspath(uv)
    raise BenchmarkError("uv: found no such command; install the group `test` of pyproject.toml")
