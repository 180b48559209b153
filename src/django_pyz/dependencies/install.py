"""Installs the project's dependencies, those of the run wing, and the server: with uv if available, else with pip."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

from packaging.version import Version

from django_pyz.dependencies import neighbours, old_setuptools, patch_releases
from django_pyz.dependencies.installers import Environment, IndexSilent, installed_versions, link_mode
from django_pyz.dependencies.locks import readers
from django_pyz.dependencies.locks.target import ask, check_python, wanted_pythons
from django_pyz.dependencies.locks.wanted import Request, Wanted, pinned_versions
from django_pyz.dependencies.patch_releases import PatchReleases
from django_pyz.dependencies.source import Source
from django_pyz.options import Options
from django_pyz.python import Python
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError

GUNICORN = "gunicorn==27.0.1"
"""The server of every bundle: the newest tested version, in its own environment."""
PROMETHEUS_CLIENT = "prometheus-client==0.26.0"
"""Installed with it: the library for the server's metrics."""
RUN_WING_NEEDS = (
    ("packaging", "16.0", "26.3"),
    ("platformdirs", "3.0", "4.14.7"),
    ("whitenoise", "5.0", "6.12.0"),
)
"""Package, minimum version, and the version to install if the project does not include the package.

gunicorn's gevent worker needs packaging, and so do libraries that rely on gunicorn to install it.
"""


class Installed(NamedTuple):
    """What was installed.

    Attributes:
        site_packages: the project's packages and those that the run wing needs.
        server: a folder of packages with the gunicorn that serves, and its metrics library.
        patch_releases: the patch releases of Python that need no other packages.
    """

    site_packages: Path
    server: Path
    patch_releases: PatchReleases


def install_dependencies(source: Source, root: Path, options: Options, python: Python, folder: Path) -> Installed:
    """Install everything into new virtual environments: one for the project, one for the server.

    Args:
        source: lists the project's dependencies; its pins win.
        root: a copy of the project; builds may leave files in it.
        options: name the extras and groups to install.
        python: the interpreter to install for.
        folder: where to create the project's environment.

    Raises:
        UserError: the source cannot be read or does not support this Python; the installer failed (its message is
            included); or the project's pins are too old for the run wing.
    """
    # The project's build commands may write into installed files.
    environment = Environment(folder, folder, "copy" if options.build_commands else link_mode())
    environment.make(python)
    request = Request(root, source.files, options, environment.interpreter, folder)
    check_python(request)
    wanted = _from_environment(source, root) if source.installed else readers.read(source.kind, request)
    wanted = replace(wanted, lines=tuple(neighbours.copied(wanted.lines, root, folder / "neighbours")))
    # Installers read configuration where they run; a lock needs none.
    environment = replace(environment, base=folder if wanted.is_complete else request.folder)
    with ThreadPoolExecutor(1) as beside:
        apart = replace(environment, folder=folder.with_name(f"{folder.name}-server"))
        server = beside.submit(_install_server, python, apart, wanted.index_lines)
        _install_project(environment, wanted, root, python)
        patch_releases = _patch_releases(source, request, wanted, environment)
        return Installed(environment.site_packages, server.result(), patch_releases)


def _patch_releases(source: Source, request: Request, wanted: Wanted, environment: Environment) -> PatchReleases:
    """The patch releases of Python for which the installed packages satisfy the project and one another."""
    project = Pyproject(request.pyproject).project
    others = readers.read_for_patch_releases(source.kind, request)
    declared = {
        str(request.files[0]): (*wanted.all_lines, *others),
        request.pyproject.name: project.get("dependencies", ()),
    }
    pythons = {path.name: text for path, text in wanted_pythons(request).items()}
    found = patch_releases.needs(environment.site_packages, declared, pythons)
    installed = installed_versions(environment.site_packages)
    # Ask Python only if there is a reason.
    return patch_releases.supported(found, installed, ask(request.python)) if found else PatchReleases()


def _install_server(python: Python, environment: Environment, index_lines: tuple[str, ...]) -> Path:
    """Install the server into a new environment; returns its site-packages."""
    environment.make(python)
    server = (GUNICORN, PROMETHEUS_CLIENT)
    what = f"install {' and '.join(server)}, the server of every bundle"
    try:
        _first_that_works(index_lines, lambda indexes: environment.install_exactly([*indexes, *server], what))
    except UserError as error:
        hint = f"Make it available on the project's index or the installer's default one. {error.hint}".rstrip()
        raise UserError(error.problem, hint=hint) from None
    return environment.site_packages


def _first_that_works(index_lines: tuple[str, ...], *ways: Callable[[tuple[str, ...]], None]) -> None:
    """Try ways to install until one succeeds: from the project's indexes, then from the installer's default.

    Raises:
        UserError: the last attempt failed; IndexSilent at once, as no other attempt would do better.
    """
    *attempts, last = (partial(way, indexes) for indexes in dict.fromkeys([index_lines, ()]) for way in ways)
    for attempt in attempts:
        try:
            return attempt()
        except IndexSilent:
            raise
        except UserError:
            continue
    last()


def _from_environment(source: Source, root: Path) -> Wanted:
    """The packages in a virtual environment, with folders of the copy replaced by those of the project."""
    return Wanted(tuple(f"{root}{line[1:]}" if line.startswith("./") else line for line in source.installed), (), True)


def _install_project(environment: Environment, wanted: Wanted, root: Path, python: Python) -> None:
    """Install the project's dependencies, then what the run wing still lacks."""
    what = f"install the dependencies of {root.name}"
    if not _install_at_once(environment, wanted, what):
        _install_wanted(environment, wanted, what)
    installed = installed_versions(environment.site_packages)
    places = (environment.site_packages, root)
    needs_setuptools = "setuptools" not in installed and old_setuptools.is_needed(places, python.version)
    _install_run_wing(environment, wanted.index_lines, installed, needs_setuptools=needs_setuptools)


def _install_at_once(environment: Environment, wanted: Wanted, what: str) -> bool:
    """Install requirements that are all pinned together with what the run wing lacks, in one run of the installer.

    Returns:
        Whether it succeeded; if not, they must still be installed.
    """
    pins = {} if wanted.is_complete else pinned_versions(wanted.lines)
    # pip wants a hash for all or for none.
    if not pins or (not shutil.which("uv") and any("--hash=" in line for line in wanted.lines)):
        return False
    try:
        lacking = run_wing_requirements(pins, exact=True)
        environment.install_pins([*wanted.index_lines, *wanted.lines, *lacking], what)
    except IndexSilent:
        raise
    except UserError:
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
    # The project's packages are installed; nothing below may change them.
    constraints = environment.folder / "constraints.txt"
    constraints.write_text("".join(f"{name}=={version}\n" for name, version in installed.items()))
    pinned = f"--constraint {constraints}"
    what = f"install {', '.join(loose)} beside the project's packages"
    # The pinned versions may conflict, or be missing on the project's index.
    _first_that_works(
        index_lines,
        lambda indexes: environment.install_exactly([*indexes, *exact], what),
        lambda indexes: environment.install([*indexes, pinned, *loose], what),
    )


def run_wing_requirements(installed: Mapping[str, str], *, exact: bool) -> list[str]:
    """The packages that the run wing still needs.

    Args:
        installed: the project's packages and their versions.
        exact: pin the version, so that builds are reproducible; else accept any suitable one.

    Raises:
        UserError: the project's version of a package is too old.
    """
    for name, least, _ in RUN_WING_NEEDS:
        if name in installed and Version(installed[name]) < Version(least):
            raise UserError(
                f"the project installs {name} {installed[name]}, but a bundle needs {least} or newer",
                hint=f"Raise the project's requirement for {name}.",
            )
    return [
        f"{name}=={fixed}" if exact else f"{name}>={least}"
        for name, least, fixed in RUN_WING_NEEDS
        if name not in installed
    ]
