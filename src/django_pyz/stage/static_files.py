"""Collects and compresses the static files at build time, with the staged bundle's own commands."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from django_pyz import process
from django_pyz.stage import unmigrated
from django_pyz.stage.staged_project import Facts, StagedProject, Written
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER, Manifest
from django_pyz_runtime.errors import UserError

_PLAIN_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"
_HASHED_STORAGE = "django_pyz_runtime.static.storage.HashedStaticFilesStorage"


def add_static_files(
    staged: StagedProject, manifest: Manifest, facts: Facts, exclusions: Mapping[str, str] = MappingProxyType({})
) -> tuple[Manifest, list[str]]:
    """Collect, compress and gzip the static files into the tree.

    If the project uses Django's default storage, file names get a hash of the content, so that browsers may cache them
    for ever; files that cannot be hashed keep their names. The decision is sealed into the manifest.

    Args:
        staged: the tree.
        manifest: the one in the tree.
        facts: about the settings.
        exclusions: the project's excluded files, to reasons.

    Returns:
        The updated manifest, and notes for the report.

    Raises:
        UserError: the files cannot be collected.
    """
    if not facts.staticfiles:
        about_apps = unmigrated.look(staged, manifest.script, facts, exclusions)
        return manifest, ["no static files: django.contrib.staticfiles is not installed", *about_apps]
    try:
        return _add(staged, manifest, facts, exclusions)
    except UserError as error:
        if not facts.uncertain:
            raise
        reason = process.reason_of(error)
        without = replace(facts, driverless={**facts.driverless, **dict.fromkeys(facts.uncertain, reason)})
        try:
            return _add(staged, manifest, without, exclusions)
        except UserError:
            raise error from None


def _add(
    staged: StagedProject, manifest: Manifest, facts: Facts, exclusions: Mapping[str, str]
) -> tuple[Manifest, list[str]]:
    staged = replace(staged, settings=facts.stand_ins)
    notes = [
        f"the database {alias!r} has no driver in the file: {problem}" for alias, problem in facts.driverless.items()
    ]
    hashed = _sealed(manifest, "settings.STORAGES.staticfiles.BACKEND", _HASHED_STORAGE)
    wanted = hashed if facts.storage == _PLAIN_STORAGE else manifest
    try:
        collected = _collect(staged, wanted)
    except UserError as error:
        if wanted is manifest:
            raise
        notes.append(f"static files keep their plain names: {staged.in_project(process.reason_of(error))}")
        wanted = manifest
        collected = _collect(staged, wanted)
    notes += unmigrated.about(staged, manifest.script, collected.unmigrated, exclusions)
    if collected.elsewhere:
        shutil.rmtree(_folder(staged), ignore_errors=True)
        notes.append(_about_elsewhere(facts.storage, manifest.script, "collectstatic", is_compressed=facts.compressor))
        return manifest, notes
    notes += [f"this file keeps its plain name: {reason}" for reason in collected.plain]
    if facts.compressor:
        wanted, said = _compress(staged, wanted, is_needed=facts.offline)
        notes += said
    staged.gzip(_folder(staged))
    return wanted._replace(has_static=True), notes


def _sealed(manifest: Manifest, name: str, text: str) -> Manifest:
    return manifest._replace(sealed={**manifest.sealed, name: text})


def _folder(staged: StagedProject) -> Path:
    return staged.site_packages / STATIC_FOLDER


def _collect(staged: StagedProject, manifest: Manifest) -> Written:
    staged.write_manifest(manifest)
    shutil.rmtree(_folder(staged), ignore_errors=True)
    return staged.write_static(_folder(staged), "collectstatic", "--noinput", "--verbosity", "0")


def _about_elsewhere(storage: str, script: str, command: str, *, is_compressed: bool = False) -> str:
    then = f", `{script} compress` the compressed ones" if is_compressed else ""
    return (
        f"{storage} stores static files elsewhere; a build does not upload them: "
        f"`{script} {command}` puts them there{then}"
    )


def _compress(staged: StagedProject, manifest: Manifest, *, is_needed: bool) -> tuple[Manifest, list[str]]:
    """Fill django-compressor's offline manifest, because the tree is read-only later."""
    try:
        compressed = staged.write_static(_folder(staged), "compress", "--force")
    except UserError as error:
        if is_needed:
            raise
        return manifest, [f"nothing compressed: {process.reason_of(error)}"]
    if compressed.elsewhere:
        return manifest, [_about_elsewhere(compressed.elsewhere, manifest.script, "compress")]
    return _sealed(manifest, "settings.COMPRESS_OFFLINE", "true"), []
