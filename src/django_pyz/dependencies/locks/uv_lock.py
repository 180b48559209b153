"""uv.lock, read by uv itself, which owns the format."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from packaging.utils import canonicalize_name

from django_pyz import process
from django_pyz.dependencies.locks import requirements_files
from django_pyz.dependencies.locks.wanted import Request, Wanted, check_known, is_pypi, locked
from django_pyz.toml_files import Pyproject, read_toml

_NAME = re.compile(r"[^a-z0-9._-]")
_EXPORT = (
    *("--no-default-groups", "--no-editable", "--no-emit-project", "--no-header", "--no-annotate"),
    *("--emit-index-url", "--emit-find-links"),
)


def read(request: Request) -> Wanted:
    """The locked requirements of the package whose pyproject.toml is next to manage.py or above it.

    Raises:
        UserError: uv failed, or the package lacks a requested extra or group.
    """
    members = {item["name"]: item for item in read_toml(request.file).get("package", ()) if _folder(item) is not None}
    place = os.path.relpath(request.pyproject.parent, request.folder)
    name = next((name for name, item in members.items() if os.path.normpath(_folder(item) or ".") == place), "")
    if not name:
        return export(request, "--frozen", "--all-packages")
    member = members[name]
    groups = [*member.get("dev-dependencies", {}), *member.get("metadata", {}).get("requires-dev", {})]
    check_known("group", request.options.groups, groups, request.file)
    extras = [*member.get("optional-dependencies", {}), *member.get("metadata", {}).get("provides-extras", ())]
    check_known("extra", request.options.extras, extras, request.file)
    return export(request, "--frozen", "--package", name)


def export(request: Request, *which: str) -> Wanted:
    """Let uv export the requirements of a project, locking it first if needed.

    Args:
        request: what to read.
        which: more options for uv.

    Raises:
        UserError: uv failed.
    """
    extras = [f"--extra={canonicalize_name(name)}" for name in request.options.extras]
    groups = [f"--group={canonicalize_name(name)}" for name in request.options.groups]
    environment = process.clean_environment("VIRTUAL_ENV", UV_PYTHON_DOWNLOADS="never", UV_NO_PROGRESS="1")
    command = [_find_uv(request.scratch), "export", *_EXPORT, "--python", request.python, *which, *extras, *groups]
    what = f"read {request.files[0]} with uv"
    said = process.run(command, what, folder=request.folder, env=environment)
    exported = requirements_files.parse(said, request.folder)
    usual = [text for text in exported.index_lines if not is_pypi(text.partition(" ")[2])]
    index_lines = tuple(text for text in usual if not text.startswith("--extra-index-url"))
    registries = _registries(request, index_lines)
    return locked(((registries.get(_NAME.split(text)[0], ""), text) for text in exported.lines), index_lines)


def _registries(request: Request, usual: tuple[str, ...]) -> dict[str, str]:
    """The index of each package from another index than the default; uv asks no other for it."""
    indexes = Pyproject(request.folder / "pyproject.toml").uv.get("index", ())
    secret = {item["url"].rstrip("/"): _with_credentials(item["url"], item.get("name", "")) for item in indexes}
    found = {}
    for package in read_toml(request.folder / "uv.lock").get("package", ()):
        url = package.get("source", {}).get("registry", "")
        if "://" in url and f"--index-url {url}" not in usual:
            found[package["name"]] = secret.get(url.rstrip("/"), url)
    return found


def _with_credentials(url: str, name: str, environ: Mapping[str, str] = os.environ) -> str:
    """The URL of a named index with its credentials from the environment, found as uv does."""
    prefix = "UV_INDEX_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
    user, password = environ.get(f"{prefix}_USERNAME", ""), environ.get(f"{prefix}_PASSWORD", "")
    if not (name and (user or password)):
        return url
    return url.replace("://", f"://{quote(user, safe='')}:{quote(password, safe='')}@", 1)


def _folder(package: dict[str, Any]) -> str | None:
    """The path of a local package in the lock, relative to it; None for those from an index."""
    source = package.get("source", {})
    found: str | None = source.get("editable", source.get("virtual", source.get("directory")))
    return found


def _find_uv(scratch: Path) -> str | Path:
    """The installed uv, else one installed just for this."""
    if found := shutil.which("uv"):
        return found
    folder = scratch / "uv"
    environment = process.installer_environment()
    command: list[str | Path] = [sys.executable, "-P", "-m", "pip", "install", "--quiet", "--target", folder, "uv"]
    process.run(command, "install uv, which reads uv.lock", env=environment)
    return folder / "bin" / "uv"
