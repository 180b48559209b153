"""What running the project's settings shows: folders they read that nobody copied, and paths they write to."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from django_pyz.files import secret_scan, selection
from django_pyz.files.working_copy import copy_files
from django_pyz.options import Options
from django_pyz.stage.staged_project import StagedProject
from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, STATIC_FOLDER

_OURS = (FILE_NAME, STATIC_FOLDER)
State = dict[str, tuple[int, int]]
"""Relative path, with a slash at the end for folders, to size and time of change; zeros for folders."""


def add_read(staged: StagedProject, reads: Iterable[str], options: Options, *sources: Path) -> list[str]:
    """Bring in the folders that the settings read from and that were left out whole, as git does not track them.

    They are output of a front-end build, or packages of one in node_modules.

    Args:
        staged: the tree.
        reads: absolute paths of the folders, in the tree.
        options: of the build: what is excluded stays out, and files may be allowed to hold secrets.
        sources: where they may be: a copy of the project in which its build commands ran, and the project itself.

    Returns:
        What was brought in, relative to the project.

    Raises:
        UserError: there is a likely secret in it.
    """
    added = []
    for folder in map(Path, reads):
        if folder.exists() or not folder.is_relative_to(staged.project_folder):
            continue
        relative = folder.relative_to(staged.project_folder)
        source = next((source for source in sources if (source / relative).is_dir()), None)
        if source and (files := selection.files_of(source, relative, options)):
            # Packages of others are full of keys for tests.
            secret_scan.check(
                source, [path for path in files if "node_modules" not in path.parts], options.allow_secrets
            )
            copy_files(source, files, staged.project_folder)
            added.append(relative.as_posix())
    return added


@contextmanager
def packages_at_hand(staged: StagedProject, copy: Path) -> Iterator[None]:
    """Have the packages of a front-end build where the project expects them: some finders run programs of theirs.

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


def state(site_packages: Path) -> State:
    """Every file and folder of a tree, but for what the build itself makes meanwhile."""
    found: State = {}
    start = len(os.fspath(site_packages)) + 1
    for place, folders, files in os.walk(site_packages):
        inside = f"{place}/"[start:]
        for names in (folders, files):
            names[:] = [name for name in names if inside + name not in _OURS]
        found |= {f"{inside}{name}/": (0, 0) for name in folders}
        for name in files:
            status = os.lstat(os.path.join(place, name))
            found[inside + name] = (status.st_size, status.st_mtime_ns)
    return found


class Undone(NamedTuple):
    """What was undone.

    Attributes:
        made: what had been made beside the project's code, relative to the project; folders end with a slash. What lies
            in something else that was made is not named.
        state: of the tree afterwards.
    """

    made: list[str]
    state: State


def undo(staged: StagedProject, before: State, copy: Path) -> Undone:
    """Undo what was written into a tree since a state of it; keys that settings make must not get into the file.

    Args:
        staged: the tree.
        before: its state then.
        copy: of the project, as it is to be.
    """
    after = state(staged.site_packages)
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
        # Never written to where it is: it may be one with a file of the installer's cache.
        (staged.project_folder / relative).unlink(missing_ok=True)
    copy_files(copy, copied, staged.project_folder)
    beside = [path.removeprefix(prefix) for path in made if path.startswith(prefix)]
    return Undone(beside, state(staged.site_packages))


def changes_code(before: State, after: State) -> bool:
    """Whether a module is not the same in two states."""
    return any(path.endswith(".py") and before.get(path) != after.get(path) for path in before.keys() | after.keys())


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
