"""Fills the tree that becomes the bundle, and removes what differs between builds."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

import django_pyz_runtime
from django_pyz.files.paths import files_below, matches
from django_pyz_runtime.bundle.manifest import METRICS_FOLDER, SERVER_FOLDER
from django_pyz_runtime.errors import UserError

_INSTALL_TRACES = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
"""Metadata about the installation rather than the package: which tool made it, and from where on this machine."""

_METRICS = "prometheus_client*"
"""The server's metrics library."""


def take_installed(installed: Path, site_packages: Path) -> None:
    """Move an environment's site-packages to its place, without what belongs to the environment.

    Raises:
        UserError: something in it points to another place on this machine.
    """
    shutil.move(installed, site_packages)
    for path in files_below(site_packages):
        if path.endswith(".pyc") or path in ("_virtualenv.py", "_virtualenv.pth"):
            os.unlink(site_packages / path)
    for pth in site_packages.glob("*.pth"):
        _check_pth(pth)


def _check_pth(path: Path) -> None:
    """Reject a .pth file that points out of the tree, as an editable installation creates."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if path.name.startswith("__editable__") or any(line.startswith("/") for line in lines):
        raise UserError(
            f"{path.name}: points to a folder of this machine, as a requirement was installed with -e (--editable)",
            hint="Install it without -e.",
        )


def drop_catalog_sources(installed: Path, include: Iterable[str]) -> int:
    """Remove message catalogs of packages that are also compiled: Django reads only the compiled ones.

    Args:
        installed: an environment's site-packages.
        include: patterns for paths in it to keep.

    Returns:
        The number of removed files.
    """
    files = set(files_below(installed))
    found = [
        path for path in files if path.endswith(".po") and f"{path[:-3]}.mo" in files and not matches(path, include)
    ]
    for path in found:
        os.unlink(installed / path)
    return len(found)


def normalise_metadata(site_packages: Path) -> None:
    """Remove the traces of the installation, and the RECORD lines for files that are not in the tree."""
    for record in site_packages.glob("*.dist-info/RECORD"):
        _normalise_record(record, site_packages)


def _normalise_record(record: Path, site_packages: Path) -> None:
    for name in _INSTALL_TRACES:
        (record.parent / name).unlink(missing_ok=True)
    rows = csv.reader(io.StringIO(record.read_text(encoding="utf-8")))
    kept = sorted(
        row
        for row in rows
        if row and ".." not in row[0].split("/") and os.path.isfile(os.path.join(site_packages, row[0]))
    )
    output = io.StringIO()
    csv.writer(output, lineterminator="\n").writerows(kept)
    # The file may be a hard link to the installer's cache.
    record.unlink()
    record.write_text(output.getvalue(), encoding="utf-8")


def add_server(installed: Path, site_packages: Path) -> None:
    """Move the server to its folder in the tree, and its metrics library to another one.

    Args:
        installed: the folder of packages in which both were installed.
        site_packages: the tree.

    Raises:
        UserError: a dependency of the project has the name of such a folder.
    """
    target, metrics = site_packages / SERVER_FOLDER, site_packages / METRICS_FOLDER
    _check_free(target, "the server's folder")
    _check_free(metrics, "the folder for metrics")
    take_installed(installed, target)
    metrics.mkdir()
    for path in sorted(target.glob(_METRICS)):
        shutil.move(path, metrics)
    for folder in (target, metrics):
        normalise_metadata(folder)


def add_run_wing(site_packages: Path) -> None:
    """Copy the run wing.

    Raises:
        UserError: a dependency of the project has its name.
    """
    target = site_packages / django_pyz_runtime.__name__
    _check_free(target, "the run wing")
    shutil.copytree(Path(django_pyz_runtime.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))


def _check_free(target: Path, what: str) -> None:
    if target.exists():
        raise UserError(f"a dependency installs {target.name}, which is the name of {what}")


def normalise_modes(tree: Path) -> None:
    """Set one of two modes for files and one mode for folders, whatever the builder's umask."""
    for path in files_below(tree):
        _normalise_mode(os.path.join(tree, path))
    for folder, _, _ in os.walk(tree):
        os.chmod(folder, 0o755)


def _normalise_mode(path: str) -> None:
    status = os.stat(path)
    mode = 0o755 if status.st_mode & 0o100 else 0o644
    if stat.S_IMODE(status.st_mode) == mode:
        return
    if status.st_nlink > 1:
        # The file in the installer's cache stays unchanged.
        copy = shutil.copyfile(path, f"{path}.own")
        os.replace(copy, path)
    os.chmod(path, mode)


def is_bound_to_python(tree: Path) -> bool:
    """Whether a tree has extension modules for only one version of Python (PEP 3149; abi3 ones fit all)."""
    names = map(os.path.basename, files_below(tree))
    return any(name.endswith(".so") and ".cpython-" in name for name in names)


def has_extensions(tree: Path) -> bool:
    """Whether a tree has extension modules or shared libraries, for one version of Python or for many."""
    return any(re.search(r"\.so(\.\d+)*$", path) for path in files_below(tree))
