"""A project's dependencies, installed together with what the run wing needs, by uv where it is there, else by pip."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from django_pyz import process
from django_pyz.errors import BuildError
from django_pyz.project import Project

RUN_WING_NEEDS = (("gunicorn", "20.1", "27.0.1"), ("whitenoise", "6.0", "6.12.0"), ("platformdirs", "3.0", "4.14.7"))
"""Package, least version, and the version taken where the project does not speak of the package."""


@dataclass(frozen=True)
class Python:
    """The interpreter that the bundle is built for.

    Attributes:
        executable: its path.
        version: as "3.11".
        cache_tag: names its bytecode files, as "cpython-311".
    """

    executable: Path
    version: str
    cache_tag: str


def find_python(name: str) -> Python:
    """Ask an interpreter who it is.

    Args:
        name: a path, a command or a version such as 3.12; "" for the one that runs this.

    Raises:
        BuildError: there is no such interpreter, or it is too old.
    """
    found = shutil.which(name) or shutil.which(f"python{name}") if name else sys.executable
    if not found:
        raise BuildError(f"--python {name}: found no such command")
    # Absolute, as it also runs in other folders; links are kept, as they are what makes a virtual environment.
    executable = os.path.abspath(found)
    code = "import sys; print('{}.{}'.format(*sys.version_info), sys.implementation.cache_tag)"
    said = process.run([executable, "-I", "-c", code], "ask Python for its version")
    if not (match := re.fullmatch(r"(\d+\.\d+) (\S+)\n", said)):
        raise BuildError(f"--python {name}: wanted a Python, found {executable}, which is none")
    version, cache_tag = match.groups()
    if tuple(map(int, version.split("."))) < (3, 11):
        raise BuildError(
            f"{executable}: wanted Python 3.11 or newer, found {version}", "Give another one with --python."
        )
    return Python(Path(executable), version, cache_tag)


def install(project: Project, python: Python, folder: Path) -> Path:
    """Install everything into a new virtual environment.

    Args:
        project: whose pins win.
        python: the interpreter to install for.
        folder: where the environment is made.

    Returns:
        Its site-packages.

    Raises:
        BuildError: the installer failed; with its own words.
    """
    process.run([python.executable, "-I", "-m", "venv", "--without-pip", folder], "make a virtual environment")
    interpreter = folder / "bin" / "python"
    own = [str(item) for file in project.requirements for item in ("-r", file)] + list(project.dependencies)
    mentioned = mentioned_packages(project)
    command = installer(interpreter)
    folder_of_requirements = project.requirements[0].parent if project.requirements else project.root
    environment = process.clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    try:
        process.run(
            [*command, *own, *run_wing_requirements(mentioned, exact=True)],
            "install",
            folder=folder_of_requirements,
            env=environment,
        )
    except BuildError:
        # The exact versions may be what does not fit; the project's own pins never give way.
        what = f"install the dependencies of {project.name}"
        process.run(
            [*command, *own, *run_wing_requirements(mentioned, exact=False)],
            what,
            folder=folder_of_requirements,
            env=environment,
        )
    return next(folder.glob("lib/python*/site-packages"))


def installer(interpreter: Path) -> list[str | Path]:
    """The command that installs for an interpreter, up to the requirements."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--link-mode", "copy", "--python", interpreter]
    return [sys.executable, "-P", "-m", "pip", "--python", interpreter, "install", "--quiet", "--no-compile"]


def run_wing_requirements(mentioned: frozenset[str], *, exact: bool) -> list[str]:
    """What the run wing needs: a fixed version for the same bytes every time, unless the project has a say."""
    return [
        f"{name}=={fixed}" if exact and name not in mentioned else f"{name}>={least}"
        for name, least, fixed in RUN_WING_NEEDS
    ]


def mentioned_packages(project: Project) -> frozenset[str]:
    """The packages that the project's requirements name, also in files they include."""
    lines = list(project.dependencies)
    for path in project.requirements:
        lines += _requirement_lines(path, seen=set())
    return frozenset(name for line in lines if (name := _package_name(line)))


def _requirement_lines(path: Path, seen: set[Path]) -> Sequence[str]:
    if path in seen or not path.is_file():
        return []
    seen.add(path)
    lines: list[str] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := re.match(r"\s*(?:-r|--requirement|-c|--constraint)[\s=]*(\S+)", line):
            lines += _requirement_lines(path.parent / match[1], seen)
        else:
            lines.append(line)
    return lines


def _package_name(line: str) -> str:
    text = re.split(r"\s#|\s--|\s*\\$|^\s*[#-]", line.strip(), maxsplit=1)[0].strip()
    try:
        return canonicalize_name(Requirement(text).name)
    except InvalidRequirement:
        return ""
