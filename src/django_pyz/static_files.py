"""Collect and compress the static files at build time, by the staged bundle's own commands."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django_pyz.errors import BuildError
from django_pyz.staged_project import Facts, StagedProject
from django_pyz_runtime.manifest import STATIC_FOLDER, Manifest

_PLAIN_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
_CACHE = "django.core.cache.backends.locmem.LocMemCache"
_STORAGE_MANIFEST = "staticfiles.json"
_HASHED_STORAGE = "django_pyz_runtime.static_storage.HashedStaticFilesStorage"


def add_static_files(staged: StagedProject, manifest: Manifest, facts: Facts) -> tuple[Manifest, list[str]]:
    """Collect, compress and gzip the static files into the tree.

    A project that left Django's plain storage in place gets names with a hash of the content, so that browsers may keep
    the files for ever; where its files do not allow that, they stay as they are. What was decided is sealed in.

    Returns:
        The manifest with what is so from now on, and notes for the report.

    Raises:
        BuildError: the files cannot be collected.
    """
    if not facts.staticfiles:
        return manifest, ["no static files: django.contrib.staticfiles is not installed"]
    staged = replace(staged, settings=(*_caches(facts), *_databases(facts)))
    notes = [
        f"the database {alias!r} has no driver in the file: {problem}" for alias, problem in facts.driverless.items()
    ]
    committed = _committed(staged, facts)
    if facts.storage == _PLAIN_STORAGE:
        plain = manifest
        manifest = _sealed(manifest, "settings.STORAGES.staticfiles.BACKEND", _HASHED_STORAGE)
        staged.write_manifest(manifest)
        try:
            _collect(staged, committed)
        except BuildError as error:
            notes.append(f"static files keep their plain names: {error.reason}")
            manifest = plain
            staged.write_manifest(manifest)
            _collect(staged, committed)
    else:
        _collect(staged, committed)
    if facts.compressor:
        manifest, said = _compress(staged, manifest, is_needed=facts.offline)
        notes += said
    staged.gzip(_folder(staged))
    return replace(manifest, has_static=True), notes


def _caches(facts: Facts) -> Iterator[str]:
    """Settings for the build: it reaches no cache of the site's."""
    return (f"settings.CACHES.{name}.BACKEND={_CACHE}" for name in facts.caches)


def _databases(facts: Facts) -> Iterator[str]:
    """Settings for the build: it asks no database, so none of its drivers is needed."""
    for alias in facts.driverless:
        yield f"settings.DATABASES.{alias}.ENGINE=django.db.backends.sqlite3"
        yield f"settings.DATABASES.{alias}.NAME=:memory:"


def _sealed(manifest: Manifest, name: str, text: str) -> Manifest:
    return replace(manifest, sealed={**manifest.sealed, name: text})


def _folder(staged: StagedProject) -> Path:
    return staged.site_packages / STATIC_FOLDER


def _committed(staged: StagedProject, facts: Facts) -> Path | None:
    """The project's own STATIC_ROOT, where the collected files are part of the source."""
    folder = Path(facts.static_root)
    is_there = facts.static_root and folder.is_relative_to(staged.project_folder) and folder.is_dir()
    return folder if is_there and folder != staged.project_folder else None


def _collect(staged: StagedProject, committed: Path | None) -> None:
    """Collect the files, over those that the source has as collected: it may lack what they were made from."""
    folder = _folder(staged)
    shutil.rmtree(folder, ignore_errors=True)
    if committed:
        shutil.copytree(committed, folder, copy_function=_copy_as_old)
    before = _manifest_of_storage(folder)
    staged.manage("collectstatic", "--noinput", "--verbosity", "0", "--dir", str(folder))
    after = _manifest_of_storage(folder)
    if before and after and (lacking := before["paths"].keys() - after["paths"].keys()):
        after["paths"].update({name: before["paths"][name] for name in lacking})
        (folder / _STORAGE_MANIFEST).write_text(json.dumps(after, sort_keys=True), encoding="utf-8")


def _copy_as_old(source: str, target: str) -> None:
    """Copy a file so that collectstatic takes any other for newer."""
    shutil.copyfile(source, target)
    os.utime(target, (0, 0))


def _manifest_of_storage(folder: Path) -> dict[str, Any]:
    """What Django's manifest storage keeps beside the files; nothing where it is not in use."""
    try:
        found: dict[str, Any] = json.loads((folder / _STORAGE_MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found.get("paths"), dict) else {}


def _compress(staged: StagedProject, manifest: Manifest, *, is_needed: bool) -> tuple[Manifest, list[str]]:
    """Fill django-compressor's offline manifest; the tree is read-only, so it cannot be filled at the first request."""
    try:
        staged.manage("compress", "--force", "--dir", str(_folder(staged)))
    except BuildError as error:
        if is_needed:
            raise
        return manifest, [f"nothing compressed: {error.reason}"]
    return _sealed(manifest, "settings.COMPRESS_OFFLINE", "true"), []
