"""A project's dependencies, installed together with what the run wing needs, by uv where it is there, else by pip."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from packaging.version import Version

from django_pyz import process
from django_pyz.dependency_source import Source
from django_pyz.errors import BuildError
from django_pyz.installers import Environment, installed_versions, link_mode
from django_pyz.locks import neighbours, old_setuptools, readers, requires_python
from django_pyz.locks.pins import pinned_versions
from django_pyz.locks.wanted import Request, Wanted
from django_pyz.options import Options

RUN_WING_NEEDS = (
    ("gunicorn", "20.1", "27.0.1"),
    ("packaging", "20.0", "26.3"),
    ("platformdirs", "3.0", "4.14.7"),
    ("whitenoise", "5.0", "6.12.0"),
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
    if os.path.realpath(executable) == os.path.realpath(sys.executable):
        version = "{}.{}".format(*sys.version_info)
        return Python(Path(executable), version, str(sys.implementation.cache_tag))
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


def install(source: Source, root: Path, options: Options, python: Python, folder: Path) -> Path:
    """Install everything into a new virtual environment: first what the project asks for, then what the run wing lacks.

    Args:
        source: says what the project asks for; its pins win.
        root: a copy of the project, in which building may leave files.
        options: whose extras and groups are asked for.
        python: the interpreter to install for.
        folder: where the environment is made.

    Returns:
        Its site-packages.

    Raises:
        BuildError: the source cannot be read or does not take this Python; the installer failed, with its own words; or
            the project's pins are too old for the run wing.
    """
    process.run([python.executable, "-I", "-m", "venv", "--without-pip", folder], "make a virtual environment")
    request = Request(root, source.files, options, folder / "bin" / "python", folder)
    requires_python.check(request)
    wanted = readers.read(source.kind, request)
    wanted = replace(wanted, lines=tuple(neighbours.copied(wanted.lines, root, folder / "neighbours")))
    # Installers read configuration where they run; a lock has said all that there is.
    base = folder if wanted.is_complete else request.folder
    # The project's build commands may write into installed files.
    environment = Environment(folder, base, "copy" if options.build_commands else link_mode())
    what = f"install the dependencies of {root.name}"
    if not _install_at_once(environment, wanted, what):
        _install_wanted(environment, wanted, what)
    installed = installed_versions(environment.site_packages)
    places = (environment.site_packages, root)
    needs_setuptools = "setuptools" not in installed and old_setuptools.is_needed(places, python.version)
    _install_run_wing(environment, wanted.index_lines, installed, needs_setuptools=needs_setuptools)
    return environment.site_packages


def _install_at_once(environment: Environment, wanted: Wanted, what: str) -> bool:
    """Install requirements that are all pins, together with what the run wing lacks: one run of the installer, not two.

    Returns:
        Whether that went well; else they are still to be installed.
    """
    pins = {} if wanted.is_complete else pinned_versions(wanted.lines)
    # pip wants a hash for all or for none.
    if not pins or (not shutil.which("uv") and any("--hash=" in line for line in wanted.lines)):
        return False
    try:
        lacking = run_wing_requirements(pins, exact=True)
        environment.install_pins([*wanted.index_lines, *wanted.lines, *lacking], what)
    except BuildError:
        return False
    return True


def _install_wanted(environment: Environment, wanted: Wanted, what: str) -> None:
    if not wanted.is_complete:
        environment.install([*wanted.index_lines, *wanted.lines], what)
        return
    for url, lines in (("", wanted.lines), *wanted.by_index.items()):
        extra = [f"--extra-index-url {url}"] if url else []
        # pip wants a hash for all or for none, and a folder or a commit has none.
        hashed = [line for line in lines if "--hash=" in line]
        others = [line for line in lines if "--hash=" not in line]
        for batch in filter(None, (hashed, others)):
            environment.install_exactly([*wanted.index_lines, *extra, *batch], what)


def _install_run_wing(
    environment: Environment, index_lines: tuple[str, ...], installed: Mapping[str, str], *, needs_setuptools: bool
) -> None:
    exact = run_wing_requirements(installed, exact=True) + [old_setuptools.FIXED] * needs_setuptools
    loose = run_wing_requirements(installed, exact=False) + [old_setuptools.LESS] * needs_setuptools
    if not exact:
        return
    # The project's packages are done with; nothing that follows may change them.
    constraints = environment.folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()))
    pinned = f"--constraint {constraints}"
    what = f"install {', '.join(loose)} beside the project's packages"
    # The fixed versions may be what does not fit, or the project's index may not have them.
    attempts: list[Callable[[], None]] = []
    for indexes in dict.fromkeys([index_lines, ()]):
        attempts.append(partial(environment.install_exactly, [*indexes, *exact], what))
        attempts.append(partial(environment.install, [*indexes, pinned, *loose], what))
    for attempt in attempts[:-1]:
        with contextlib.suppress(BuildError):
            return attempt()
    attempts[-1]()


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
