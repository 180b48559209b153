"""Includes files that the settings read but git does not track: output and packages of a front-end build."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from django_pyz.files import node_packages, secret_scan, selection
from django_pyz.files.paths import files_below
from django_pyz.files.working_copy import copy_files
from django_pyz.options import Options
from django_pyz.stage.staged_project import Facts, StagedProject

_MANY = 500
"""From this many files on, the note names the largest folders."""


def add_read_folders(staged: StagedProject, reads: Iterable[str], options: Options, *sources: Path) -> list[str]:
    """Include the folders that the settings read and that were left out entirely because git does not track them.

    They are output of a front-end build, or its packages in node_modules.

    Args:
        staged: the tree.
        reads: absolute paths of the folders, in the tree.
        options: of the build: excluded files stay out, and some files may be allowed to contain secrets.
        sources: where to look: the copy of the project in which build commands ran, then the project itself.

    Returns:
        The included folders, relative to the project.

    Raises:
        UserError: one contains an apparent secret.
    """
    added = []
    for folder in map(Path, reads):
        if folder.exists() or not folder.is_relative_to(staged.project_folder):
            continue
        relative = folder.relative_to(staged.project_folder)
        source = next((source for source in sources if (source / relative).is_dir()), None)
        if source and (files := _files_at(staged, source, relative, options)):
            _bring_in(staged, source, files, options)
            added.append(relative.as_posix())
    return added


def add_static_output(staged: StagedProject, facts: Facts, options: Options, *sources: Path) -> list[str]:
    """Include untracked files in the folders that static files are collected from: output of a front-end build.

    Args:
        staged: the tree.
        facts: the sources of static files, and the folders that the running site writes to.
        options: of the build: excluded files stay out, and some files may be allowed to contain secrets.
        sources: where to look for the files, in order.

    Returns:
        The files and folders, relative to the project, where something was included.

    Raises:
        UserError: one contains an apparent secret.
    """
    top = staged.project_folder
    added = []
    # The whole project is not a folder of static files, whatever the settings say.
    for place in (Path(path) for path in facts.static if top in Path(path).parents):
        relative = place.relative_to(top)
        made = [Path(path) for path in facts.made if top in Path(path).parents and not place.is_relative_to(path)]
        without_data = options.without_data(*(path.relative_to(top).as_posix() for path in made))
        for source in sources:
            found = _files_at(staged, source, relative, without_data)
            if files := [path for path in found if not (top / path).exists()]:
                _bring_in(staged, source, files, options)
                added.append(relative.as_posix())
    return list(dict.fromkeys(added))


def about(staged: StagedProject, name: str) -> str:
    """A note on what was included; if it is large, with its size and largest folders.

    Args:
        staged: the tree.
        name: of a file or folder, relative to the project.
    """
    said = f"included {name}, because the settings read it"
    folder = staged.project_folder / name
    sizes: Counter[str] = Counter()
    files = files_below(folder) if folder.is_dir() else []
    if len(files) < _MANY:
        return said
    for path in files:
        sizes[node_packages.package_of(Path(path))] += (folder / path).stat().st_size
    largest = ", ".join(f"{name}/{part} ({size / 1e6:.1f} MB)" for part, size in sizes.most_common(3))
    return (
        f"{said}: {len(files):,} files, {sizes.total() / 1e6:.1f} MB, "
        f"the largest of {len(sizes)} folders are {largest}; "
        f"--exclude {shlex.quote(f'{name}/{sizes.most_common(1)[0][0]}')} leaves one out"
    )


def _files_at(staged: StagedProject, source: Path, relative: Path, options: Options) -> list[Path]:
    """The files at a place; of a whole node_modules only those of the packages that static files need."""
    files = selection.files_at(source, relative, options)
    if relative.name != node_packages.FOLDER or not files:
        return files
    own = (staged.project_folder / path for path in files_below(staged.project_folder))
    needed = node_packages.needed(source / relative, own)
    packages = ((path, node_packages.package_of(path.relative_to(relative))) for path in files)
    return [path for path, package in packages if package and (needed is None or package in needed)]


def _bring_in(staged: StagedProject, source: Path, files: list[Path], options: Options) -> None:
    # Not scanned for secrets: third-party packages often contain test keys.
    own = [path for path in files if "node_modules" not in path.parts]
    secret_scan.check(source, own, options.allow_secrets)
    copy_files(source, files, staged.project_folder)
