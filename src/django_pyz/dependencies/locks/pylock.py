"""pylock.toml, the standard lock file (https://packaging.python.org/specifications/pylock-toml)."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

from packaging import pylock
from packaging.tags import parse_tag

from django_pyz.dependencies.locks.target import target_of
from django_pyz.dependencies.locks.wanted import (
    Request,
    Wanted,
    check_known,
    git_reference,
    line,
    locked,
    with_subdirectory,
)
from django_pyz.toml_files import read_toml
from django_pyz_runtime.errors import UserError

_PYPI_FILES = "files.pythonhosted.org"

_Found = pylock.PackageVcs | pylock.PackageDirectory | pylock.PackageArchive | pylock.PackageWheel | pylock.PackageSdist


def read(request: Request) -> Wanted:
    """The packages that the lock selects for the Python of the environment.

    Raises:
        UserError: the file is not a valid pylock file, does not fit that Python, or lacks a requested extra or group.
    """
    try:
        lock = pylock.Pylock.from_dict(read_toml(request.file))
        check_known("extra", request.options.extras, lock.extras or (), request.file)
        check_known("group", request.options.groups, lock.dependency_groups or (), request.file)
        target = target_of(request)
        selected = list(
            lock.select(
                environment=target.environment,
                tags=[tag for text in target.tags for tag in parse_tag(text)],
                extras=request.options.extras,
                dependency_groups=[*(lock.default_groups or ()), *request.options.groups],
            )
        )
    except (pylock.PylockValidationError, pylock.PylockSelectError) as error:
        raise UserError(f"{request.file}: {error}", hint="Lock again, or give another Python with --python.") from None
    return locked((package.index or "", _requirement(package, found, request.folder)) for package, found in selected)


def _requirement(package: pylock.Package, found: _Found, folder: Path) -> str:
    if isinstance(found, pylock.PackageVcs):
        url = found.url or (folder / (found.path or "")).resolve().as_uri()
        return line(f"{package.name} @ {git_reference(url, found.commit_id, found.subdirectory or '')}")
    if isinstance(found, pylock.PackageDirectory):
        return line(str((folder / found.path / (found.subdirectory or "")).resolve()))
    hashes = [f"{algorithm}:{digest}" for algorithm, digest in found.hashes.items()]
    in_index = package.index or urlsplit(found.url or "").hostname == _PYPI_FILES
    if package.version and in_index and not isinstance(found, pylock.PackageArchive):
        # By name, so that a mirror of the index works too; the hash proves that the file is the same.
        return line(f"{package.name}=={package.version}", hashes=hashes)
    url = (folder / found.path).resolve().as_uri() if found.path else found.url or ""
    subdirectory = found.subdirectory if isinstance(found, pylock.PackageArchive) else None
    return line(f"{package.name} @ {with_subdirectory(url, subdirectory)}", hashes=hashes)
