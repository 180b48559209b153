"""Fill the tree that becomes the bundle, and take out what differs from build to build."""

from __future__ import annotations

import csv
import importlib.machinery
import io
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

import django_pyz_runtime
from django_pyz.files.patterns import matches
from django_pyz_runtime.errors import UserError

_INSTALL_TRACES = {"INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json", "uv_build.json"}
"""Metadata about the installation rather than the package: by whom, and from where on the builder's machine."""


def take_installed(installed: Path, site_packages: Path) -> None:
    """Move an environment's site-packages to its place, less what belongs to the environment.

    Raises:
        UserError: something in it leads to another place of this machine.
    """
    shutil.move(installed, site_packages)
    for entry in list(_files(site_packages)):
        if entry.name.endswith(".pyc") or entry.name in ("_virtualenv.py", "_virtualenv.pth"):
            os.unlink(entry)
    for path in site_packages.glob("*.pth"):
        _check_pth(path)


def _check_pth(path: Path) -> None:
    """Refuse a .pth file that leads out of the tree, such as an editable installation leaves."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    if path.name.startswith("__editable__") or any(line.startswith("/") for line in lines):
        raise UserError(
            f"{path.name}: leads to a folder of this machine, as a requirement was installed with -e or --editable",
            hint="Write the requirement without -e.",
        )


def drop_catalog_sources(installed: Path, include: Iterable[str]) -> Iterator[str]:
    """Remove the message catalogs of packages that are there compiled as well: Django reads the compiled ones alone.

    Args:
        installed: an environment's site-packages.
        include: patterns for paths in it that stay.

    Returns:
        A note for the report, where there were any.
    """
    found = [
        entry.path
        for entry in _files(installed)
        if entry.name.endswith(".po")
        and os.path.exists(f"{entry.path[:-3]}.mo")
        and not matches(os.path.relpath(entry.path, installed), include)
    ]
    for path in found:
        os.unlink(path)
    if found:
        yield f"left out {len(found):,} .po files of packages, whose compiled .mo are in"


def normalise_metadata(site_packages: Path) -> None:
    """Drop the traces of the installation, and the records' lines for files that are not in the tree."""
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
    # The file may be one with that of the installer's cache.
    record.unlink()
    record.write_text(output.getvalue(), encoding="utf-8")


def add_run_wing(site_packages: Path) -> None:
    """Copy the run wing.

    Raises:
        UserError: a dependency of the project has its name.
    """
    target = site_packages / django_pyz_runtime.__name__
    if target.exists():
        raise UserError(f"a dependency installs {target.name}, which is the name of the run wing")
    shutil.copytree(Path(django_pyz_runtime.__file__).parent, target, ignore=shutil.ignore_patterns("__pycache__"))


def normalise_modes(tree: Path) -> None:
    """Two modes for files and one for folders, whatever the builder's umask was."""
    for entry in _files(tree):
        _set_mode(entry.path, 0o755 if entry.stat().st_mode & 0o100 else 0o644)
    for folder, _, _ in os.walk(tree):
        _set_mode(folder, 0o755)


def _set_mode(path: str, mode: int) -> None:
    status = os.stat(path)
    if stat.S_IMODE(status.st_mode) == mode:
        return
    if stat.S_ISREG(status.st_mode) and status.st_nlink > 1:
        # Its other name is in the installer's cache, and stays as it is.
        copy = shutil.copyfile(path, f"{path}.own")
        os.replace(copy, path)
    os.chmod(path, mode)


def _files(folder: str | Path) -> Iterator[os.DirEntry[str]]:
    """Every file below a folder, sorted as paths are: by their parts."""
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(entry.path)
        elif entry.is_file():
            yield entry


def is_bound_to_python(tree: Path) -> bool:
    """Whether a tree holds extension modules for one version of Python only (PEP 3149; abi3 ones fit all)."""
    suffixes = tuple(item for item in importlib.machinery.EXTENSION_SUFFIXES if "cpython" in item)
    return any(entry.name.endswith(".so") and _names_one_version(entry.name, suffixes) for entry in _files(tree))


def _names_one_version(name: str, suffixes: tuple[str, ...]) -> bool:
    return name.endswith(suffixes) or ".cpython-" in name
