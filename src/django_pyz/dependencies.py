"""A project's dependencies, installed together with what the run wing needs, by uv where it is there, else by pip."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.utils import canonicalize_name
from packaging.version import Version

from django_pyz import process
from django_pyz.errors import BuildError
from django_pyz.project import Project

RUN_WING_NEEDS = (
    ("gunicorn", "20.1", "27.0.1"),
    ("packaging", "20.0", "26.3"),
    ("platformdirs", "3.0", "4.14.7"),
    ("whitenoise", "6.0", "6.12.0"),
)
"""Package, least version, and the version where the project does not bring the package; gunicorn needs packaging."""


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
    """Install everything into a new virtual environment: first what the project asks for, then what the run wing lacks.

    Args:
        project: whose pins win.
        python: the interpreter to install for.
        folder: where the environment is made.

    Returns:
        Its site-packages.

    Raises:
        BuildError: the installer failed, with its own words; or the project's pins are too old for the run wing.
    """
    process.run([python.executable, "-I", "-m", "venv", "--without-pip", folder], "make a virtual environment")
    interpreter = folder / "bin" / "python"
    own = [str(item) for file in project.requirements for item in ("-r", file)] + list(project.dependencies)
    base = project.requirements[0].parent if project.requirements else project.root
    _run_installer(interpreter, own, f"install the dependencies of {project.name}", base)
    site_packages = next(folder.glob("lib/python*/site-packages"))
    installed = installed_versions(site_packages)
    # The project's packages are done with; nothing that follows may change them.
    constraints = folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()))
    if lacking := run_wing_requirements(installed, exact=True):
        try:
            _run_installer(interpreter, ["-c", str(constraints), *lacking], "install", base)
        except BuildError:
            # The fixed versions may be what does not fit.
            lacking = run_wing_requirements(installed, exact=False)
            what = f"install {', '.join(lacking)} beside the project's packages"
            _run_installer(interpreter, ["-c", str(constraints), *lacking], what, base)
    return site_packages


def installed_versions(site_packages: Path) -> dict[str, str]:
    """The installed packages, by normalised name, sorted."""
    found = {
        canonicalize_name(item.metadata["Name"]): item.version for item in distributions(path=[str(site_packages)])
    }
    return dict(sorted(found.items()))


def installer(interpreter: Path) -> list[str | Path]:
    """The command that installs for an interpreter, up to the requirements."""
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--quiet", "--link-mode", "copy", "--python", interpreter]
    return [sys.executable, "-P", "-m", "pip", "--python", interpreter, "install", "--quiet", "--no-compile"]


def run_wing_requirements(installed: Mapping[str, str], *, exact: bool) -> list[str]:
    """What the run wing still needs.

    Args:
        installed: the project's packages and their versions.
        exact: take a fixed version, for the same bytes every time; else any that would do.

    Raises:
        BuildError: the project's version of a package is too old.
    """
    for name, least, _ in RUN_WING_NEEDS:
        if name in installed and Version(installed[name]) < Version(least):
            raise BuildError(
                f"the project installs {name} {installed[name]}, but a bundle needs {least} or newer",
                f"Raise the project's requirement for {name}.",
            )
    return [
        f"{name}=={fixed}" if exact else f"{name}>={least}"
        for name, least, fixed in RUN_WING_NEEDS
        if name not in installed
    ]


def _run_installer(interpreter: Path, requirements: list[str], what: str, folder: Path) -> None:
    environment = process.clean_environment(PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1")
    process.run([*installer(interpreter), *requirements], what, folder=folder, env=environment)
