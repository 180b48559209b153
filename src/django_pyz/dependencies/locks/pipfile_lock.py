"""Pipfile.lock, as pipenv writes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django_pyz.dependencies.locks.wanted import Request, Wanted, check_known, elsewhere, index_lines, line, with_extras
from django_pyz_runtime.errors import UserError


def read(request: Request) -> Wanted:
    """The packages of the default category and of those named by the groups.

    Raises:
        UserError: the file cannot be read, or lacks a requested category.
    """
    lock = _load(request.file)
    categories = [name for name in lock if name not in ("_meta", "default")]
    check_known("group", request.options.groups, categories, request.file)
    check_known("extra", request.options.extras, (), request.file)
    # Default last: pipenv locks its versions first and the others to match.
    entries = {name: entry for part in (*request.options.groups, "default") for name, entry in lock[part].items()}
    return Wanted(
        tuple(_requirement(name, entry, request.folder) for name, entry in sorted(entries.items())),
        _indexes(lock.get("_meta", {}).get("sources", [])),
        is_complete=True,
    )


def _load(path: Path) -> dict[str, Any]:
    try:
        lock = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise UserError(f"{path}: cannot be read ({error})") from None
    if not (isinstance(lock, dict) and isinstance(lock.get("default"), dict)):
        raise UserError(f'{path}: wanted packages under "default", found none', hint="Run pipenv lock.")
    return lock


def _indexes(sources: list[dict[str, Any]]) -> tuple[str, ...]:
    trusted = [urlsplit(item["url"]).hostname for item in sources if item.get("verify_ssl") is False]
    return (*index_lines([item["url"] for item in sources]), *(f"--trusted-host {host}" for host in trusted if host))


def _requirement(name: str, entry: Mapping[str, Any], folder: Path) -> str:
    marker, hashes = entry.get("markers", ""), entry.get("hashes", ())
    if found := elsewhere(name, entry, folder, entry.get("ref", ""), marker, hashes):
        return found
    version = entry["version"].replace("*", "")
    return line(with_extras(name, entry.get("extras", ())) + version, marker=marker, hashes=hashes)
