"""A trial run of the project in the staged tree: it finds folders to include and paths that the project writes to.

Writes of the project into the tree are undone: keys that settings generate must not get into the file.
"""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from django_pyz import process
from django_pyz.files.links import ODDITIES
from django_pyz.files.missed import missed
from django_pyz.files.rules import NO_TEXT, UNREADABLE
from django_pyz.files.selection import DELETED, EMPTY_SUBMODULE
from django_pyz.files.working_copy import copy_files
from django_pyz.plan import Plan
from django_pyz.stage import read_folders, static_files, static_names, unmigrated
from django_pyz.stage.staged_project import Facts, NotImportable, StagedProject
from django_pyz.variables import variables
from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, STATIC_FOLDER, Manifest
from django_pyz_runtime.bundle.names import COMMANDS_FILE
from django_pyz_runtime.errors import UserError

_SHOWN = 8
_NOT_EVEN_BY_NAME = (*ODDITIES, NO_TEXT, UNREADABLE, EMPTY_SUBMODULE)
_OURS = (FILE_NAME, COMMANDS_FILE, STATIC_FOLDER)
Snapshot = dict[str, tuple[int, int]]
"""Relative path, with a slash at the end for folders, to size and time of change; zeros for folders."""


@dataclass(frozen=True)
class TrialRun:
    """The result of a trial run.

    Attributes:
        manifest: the updated one.
        notes: for the report.
        brought_in: folders of the project that were left out before and are included now.
        changes_code: whether the modules in the tree changed.
    """

    manifest: Manifest
    notes: tuple[str, ...] = ()
    brought_in: tuple[str, ...] = ()
    changes_code: bool = False


def try_out(staged: StagedProject, manifest: Manifest, plan: Plan, copy: Path) -> TrialRun:
    """Import the settings, include the folders that they read, and collect the static files into the tree.

    Args:
        staged: the tree.
        manifest: the one in the tree.
        plan: of the build.
        copy: of the project, in which its build commands ran.

    Raises:
        UserError: the settings cannot be imported, or the files cannot be collected.
    """
    start = snapshot(staged.site_packages)
    facts = staged.facts()
    manifest = _with_variables(staged, manifest, facts)
    made, before = undo(staged, start, copy)
    sources = (copy, plan.found.root)
    brought_in = read_folders.add_read_folders(staged, facts.reads, plan.options, *sources)
    brought_in += read_folders.add_static_output(staged, facts, plan.options, *sources)
    if brought_in:
        before = snapshot(staged.site_packages)
    with node_modules_linked(staged, copy):
        manifest, notes = static_files.add_static_files(staged, manifest, facts, plan.selection.exclusions)
    made_by_collecting, end = undo(staged, before, copy)
    # Files that collecting creates in its sources are not data.
    made += [path for path in made_by_collecting if not _is_in(staged.project_folder / path, facts.reads)]
    data = [path for path in dict.fromkeys(made) if not path.startswith(manifest.data_paths)]
    manifest = manifest._replace(data_paths=tuple(sorted({*manifest.data_paths, *data})))
    staged.write_manifest(manifest)
    notes = [
        *(read_folders.about(staged, name) for name in dict.fromkeys(brought_in)),
        *(f"{path} is written next to the code: it becomes a link to the data folder" for path in data),
        *notes,
        *_about_static_names(staged, manifest, plan),
    ]
    return TrialRun(manifest, tuple(notes), tuple(brought_in), changes_code(start, end))


def _about_static_names(staged: StagedProject, manifest: Manifest, plan: Plan) -> Iterator[str]:
    """A note on static files that templates name but no step created, with the option that may add them."""
    collected = staged.site_packages / STATIC_FOLDER
    if not manifest.has_static or not collected.is_dir():
        return
    found = list(static_names.not_collected(staged.project_folder, plan.selection.files, collected))
    if not found:
        return
    shown = ", ".join(f"{name!r} ({place})" for place, name in found[:_SHOWN])
    more = f", and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    left_out = missed("\n".join(name for _, name in found), plan.found.root, plan.selection.exclusions)
    known = (_way_in(name, _reason(name, plan.selection.exclusions)) for name in left_out)
    ways = [f"{way} adds what was left out" for way in list(filter(None, known))[:1]]
    ways.append("create them with --build-commands")
    yield f"templates name static files that were not collected: {shown}{more}; {', or '.join(ways)}"


@contextmanager
def naming_exclusions(plan: Plan) -> Iterator[None]:
    """Add the excluded files that an error is about to its message.

    Raises:
        UserError: as it was raised inside.
    """
    try:
        yield
    except UserError as error:
        exclusions = plan.selection.exclusions
        if not (names := missed(error.problem, plan.found.root, exclusions)):
            raise
        lines = [_about_left_out(name, _reason(name, exclusions)) for name in names[:_SHOWN]]
        hint = "\n".join(["Excluded files, and how to add them:", *lines, error.hint])
        raise UserError(*error.problems, hint=hint.rstrip("\n")) from None


def _about_left_out(name: str, why: str) -> str:
    way = _way_in(name, why)
    return f"  {name} ({why})" + (f": {way}" if way else "")


def _way_in(name: str, why: str) -> str:
    """How to add a file that was left out; "" if it cannot be packed."""
    if why in _NOT_EVEN_BY_NAME:
        return ""
    return f"{'git restore' if why == DELETED else '--include'} {shlex.quote(name)}"


def _reason(path: str, exclusions: Mapping[str, str]) -> str:
    return next(why for name, why in exclusions.items() if path == name or path.startswith(name.rstrip("/") + "/"))


def look_at_settings(
    staged: StagedProject, manifest: Manifest, copy: Path, exclusions: Mapping[str, str] = MappingProxyType({})
) -> TrialRun:
    """Import the settings and apps for the variables that they read; if that fails, use the source alone.

    Args:
        staged: the tree.
        manifest: the one in the tree.
        copy: of the project, in which its build commands ran.
        exclusions: the project's excluded files, to reasons.
    """
    start = snapshot(staged.site_packages)
    notes = []
    try:
        facts = staged.facts()
        manifest = _with_variables(staged, manifest, facts)
        notes += unmigrated.look(staged, manifest.script, facts, exclusions)
    except NotImportable as error:
        reason = process.reason_of(error)
        notes.append(f"some variables may not be listed, as the settings cannot be imported here: {reason}")
        manifest = manifest._replace(variables=variables.broken_off(manifest.variables, error.readings, error.missed))
    undo(staged, start, copy)
    staged.write_manifest(manifest)
    return TrialRun(manifest, tuple(notes))


def _with_variables(staged: StagedProject, manifest: Manifest, facts: Facts) -> Manifest:
    """The manifest with the variables found by an import of the settings."""
    found = variables.imported(manifest.variables, facts.readings, facts.given, staged.is_needed)
    return manifest._replace(variables=found)


def _is_in(path: Path, folders: Iterable[str]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


@contextmanager
def node_modules_linked(staged: StagedProject, copy: Path) -> Iterator[None]:
    """Link the packages of a front-end build to where the project expects them: some finders run their programs.

    Args:
        staged: the tree.
        copy: of the project, in which its build commands ran.
    """
    places = [path.relative_to(copy) for pattern in ("node_modules", "*/node_modules") for path in copy.glob(pattern)]
    links = [staged.project_folder / place for place in places if not (staged.project_folder / place).exists()]
    for link in links:
        link.parent.mkdir(exist_ok=True)
        link.symlink_to(copy / link.relative_to(staged.project_folder))
    try:
        yield
    finally:
        for link in links:
            link.unlink()


def snapshot(site_packages: Path) -> Snapshot:
    """Every file and folder of a tree, except those that the build itself creates."""
    return dict(_entries(os.fspath(site_packages), ""))


def _entries(folder: str, prefix: str) -> Iterator[tuple[str, tuple[int, int]]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = prefix + entry.name
            if path in _OURS:
                continue
            if entry.is_dir():
                yield f"{path}/", (0, 0)
                if not entry.is_symlink():
                    yield from _entries(entry.path, f"{path}/")
            else:
                status = entry.stat(follow_symlinks=False)
                yield path, (status.st_size, status.st_mtime_ns)


class Undone(NamedTuple):
    """The changes that were undone.

    Attributes:
        made: paths created next to the project's code, relative to the project; folders end with a slash. The contents
            of created folders are not listed.
        snapshot: of the tree afterwards.
    """

    made: list[str]
    snapshot: Snapshot


def undo(staged: StagedProject, before: Snapshot, copy: Path) -> Undone:
    """Undo the changes in a tree since a snapshot.

    Args:
        staged: the tree.
        before: the snapshot.
        copy: of the project, in the desired state.
    """
    after = snapshot(staged.site_packages)
    if after == before:
        return Undone([], after)
    staged.forget_bytecode()
    made: list[str] = []
    for path in sorted(after.keys() - before.keys()):
        if not any(path.startswith(folder) for folder in made):
            made.append(path)
            _remove(staged.site_packages / path)
    prefix = f"{PROJECT_FOLDER}/"
    inside = {path: was for path, was in before.items() if path.startswith(prefix)}
    changed = [Path(path.removeprefix(prefix)) for path, was in inside.items() if after.get(path) != was]
    copied = [path for path in changed if (copy / path).is_file()]
    for relative in copied:
        # Never written in place: it may be a hard link to the installer's cache.
        (staged.project_folder / relative).unlink(missing_ok=True)
    copy_files(copy, copied, staged.project_folder)
    beside = [path.removeprefix(prefix) for path in made if path.startswith(prefix)]
    return Undone(beside, snapshot(staged.site_packages))


def changes_code(before: Snapshot, after: Snapshot) -> bool:
    """Whether modules differ between two snapshots."""
    return any(path.endswith(".py") and before.get(path) != after.get(path) for path in before.keys() | after.keys())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
