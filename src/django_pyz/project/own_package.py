"""Handles a project that is itself a package: installs it for the files that only an installation creates, then merges.

Only one copy of its modules remains: the one among the project's files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from importlib.metadata import PathDistribution
from pathlib import Path

from django_pyz import process
from django_pyz.dependencies.installers import installer
from django_pyz.toml_files import Pyproject


def find(folders: Sequence[Path]) -> Path | None:
    """The first folder that can be installed: it has a setup.py, or a pyproject.toml with a build backend.

    Raises:
        UserError: a pyproject.toml is not TOML.
    """
    return next((folder for folder in folders if _is_installable(folder)), None)


def _is_installable(folder: Path) -> bool:
    pyproject = Pyproject(folder / "pyproject.toml")
    if pyproject.poetry.get("package-mode") is False or pyproject.uv.get("package") is False:
        return False
    return (folder / "setup.py").is_file() or "build-system" in pyproject.content


def install(package: Path, interpreter: Path) -> None:
    """Install a package without its dependencies, which are already installed.

    Raises:
        UserError: it cannot be built.
    """
    command = [*installer(interpreter), "--no-deps", "--force-reinstall", package]
    process.run(command, "install the project itself", folder=package, env=process.installer_environment())


def installed_from(folder: Path, site_packages: Path) -> list[Path]:
    """The metadata folders of packages installed from a folder or below it (PEP 610)."""
    return [
        path.parent
        for path in sorted(site_packages.glob("*.dist-info/direct_url.json"))
        if f"{json.loads(path.read_text(encoding='utf-8')).get('url', '')}/".startswith(f"{folder.as_uri()}/")
    ]


def merge(metadata: Path, import_roots: Sequence[Path], is_kept_out: Callable[[Path], bool]) -> list[Path]:
    """Keep one copy of a package whose source is part of the project: the one in the project.

    Its files in site-packages are removed. Those that the source lacks, because the installation created them, move to
    the source. What belongs to none of the import roots stays.

    Args:
        metadata: the package's metadata folder, in site-packages.
        import_roots: the project's folders for sys.path.
        is_kept_out: whether a path must stay out of the bundle.

    Returns:
        The files that were moved to the source.
    """
    site_packages = metadata.parent
    moved = []
    for file in PathDistribution(metadata).files or ():
        installed = site_packages / file
        if ".." in file.parts or file.parts[0] == metadata.name or not installed.is_file():
            continue
        for root in import_roots:
            if (root / file).is_file() or is_kept_out(root / file):
                installed.unlink()
                break
            if len(file.parts) > 1 and (root / file.parts[0]).is_dir():
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                installed.replace(root / file)
                moved.append(root / file)
                break
    _prune(site_packages, {file.parts[0] for file in PathDistribution(metadata).files or ()})
    return moved


def _prune(site_packages: Path, names: set[str]) -> None:
    """Remove folders that no longer contain a file."""
    for name in names:
        for folder in sorted((site_packages / name).glob("**/"), reverse=True):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
