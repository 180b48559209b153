"""Selects the files of a project that go into the bundle, with a reason for each that does not."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django_pyz.files import exclusions, git, links
from django_pyz.files.rules import UNTRACKED, Rules, shown
from django_pyz.options import Options
from django_pyz_runtime.errors import UserError

DELETED = "tracked by git, but missing"
EMPTY_SUBMODULE = "submodule that is not fetched"
_NOT_EVEN_FOR_BUILDING = (*exclusions.SECRET, exclusions.THIS_MACHINE, exclusions.CACHE, links.OUTSIDE)
_SHOWN = 20


@dataclass(frozen=True)
class Selection:
    """The files that go into the bundle, and those that do not.

    Attributes:
        files: the selected files, relative to the root, sorted.
        exclusions: what was left out, relative path to reason. A folder stands for its contents.
        commit: the git revision, with "+changes" if tracked files were changed; "" without git.
        for_building: other files without secrets that a working copy needs for the build: the tracked ones, or without
            git those in folders that are not excluded. Sorted.
        links: dead ones into the project, whose targets a build command may create. Sorted.
    """

    files: tuple[Path, ...]
    exclusions: dict[str, str]
    commit: str
    for_building: tuple[Path, ...] = ()
    links: tuple[Path, ...] = ()

    def without(self, folders: Iterable[str]) -> Selection:
        """The selection with some files, or folders without their secrets, added afterwards."""
        inside = tuple(f"{folder}/" for folder in folders)
        kept = {
            name: why
            for name, why in self.exclusions.items()
            if why in exclusions.SECRET or not f"{name}/".startswith(inside)
        }
        return replace(self, exclusions=kept)

    def keeps_out(self, relative: str) -> bool:
        """Whether a path must not be added in another way; an untracked file may, as the build may have created it."""
        return any(
            relative == name or (name.endswith("/") and relative.startswith(name))
            for name, why in self.exclusions.items()
            if why not in (UNTRACKED, DELETED)
        )


def select(root: Path, options: Options, inputs: Iterable[Path] = ()) -> Selection:
    """Choose the files of a project.

    Args:
        root: the project's folder.
        options: `include` and `exclude` are patterns for paths relative to the root.
        inputs: more files to build from; they stay out of the bundle where they were.

    Raises:
        UserError: no file is left, links lead out of the project, or git cannot read the repository.
    """
    tracked = git.tracked(root)
    missing = _missing(root, tracked)
    rules = Rules(root, options, tracked)
    found = {path: rules.reason(path) for path in sorted(rules.walk())}
    _refuse_ways_out(rules)
    files = tuple(path for path, why in found.items() if not why)
    left_out = {**missing, **rules.left_out, **{shown(path): why for path, why in found.items() if why}}
    if not files:
        raise UserError(f"{root}: found no file to pack", hint=_about_nothing(left_out.values()))
    more = {*_for_building(Rules(root, replace(options, exclude=()), tracked), {*files}), *inputs} - {*files}
    dead = (path for path, why in found.items() if why == links.DEAD and links.may_come_to_life(root, path))
    return Selection(files, left_out, git.commit(root) if tracked else "", tuple(sorted(more)), tuple(dead))


def _about_nothing(reasons: Collection[str]) -> str:
    """The next step if every file is left out, by the reasons."""
    if UNTRACKED in reasons:
        return "Only what git tracks is packed: `git add` the project's files, or name them with --include PATH."
    return "Check the --exclude patterns, or name the files to pack with --include PATH."


def _missing(root: Path, tracked: git.Tracked | None) -> dict[str, str]:
    if not tracked:
        return {}
    gone = {shown(Path(name)): DELETED for name in tracked.names if not os.path.lexists(root / name)}
    return gone | {f"{shown(Path(name))}/": EMPTY_SUBMODULE for name in git.empty_submodules(root)}


def _refuse_ways_out(rules: Rules) -> None:
    """Refuse links that lead out of the project.

    Raises:
        UserError: there are some; the message names all.
    """
    found = sorted(rules.ways_out)
    if not found:
        return
    lines = [f"  {link.as_posix()} -> {os.path.realpath(rules.root / link)}" for link in found]
    more = [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    what = "this link leads" if len(found) == 1 else "these links lead"
    name = shlex.quote(found[0].as_posix())
    raise UserError(
        f"{what} out of the project, to files of this machine:",
        *lines[:_SHOWN],
        *more,
        hint=f"Leave a link out with --exclude {name}, or pack its target with --include {name}; both are "
        "repeatable, and lists in pyproject.toml.",
    )


def add_build_output(selection: Selection, copy: Path, options: Options) -> Selection:
    """Add the files that build commands created in a copy of a project, and drop those that they removed.

    Args:
        selection: of the project; the copy has its files and those for building.
        copy: the copy.
        options: as for the project.

    Raises:
        UserError: the commands created links that lead out of the copy.
    """
    rules = Rules(copy, options, None)
    known = {*selection.files, *selection.for_building}
    files = [path for path in selection.files if (copy / path).is_file()]
    files += [path for path in rules.walk() if path not in known and not rules.reason(path)]
    _refuse_ways_out(rules)
    left = {**rules.left_out, **selection.exclusions}
    chosen = {path.as_posix() for path in files} | {
        f"{folder.as_posix()}/" for path in files for folder in path.parents
    }
    chosen |= {link.as_posix() for link in selection.links if (copy / link).exists()}
    return replace(
        selection,
        files=tuple(sorted(files)),
        exclusions={name: why for name, why in left.items() if name not in chosen},
        links=tuple(link for link in selection.links if not (copy / link).exists()),
    )


def files_at(source: Path, relative: Path, options: Options) -> list[Path]:
    """The files at a place in a project: the file, or the folder's contents without secrets and excluded files.

    Args:
        source: a project.
        relative: the place; it need not exist.
        options: `include` and `exclude` are patterns for paths relative to the source.

    Raises:
        UserError: there are links in the folder that lead out of the project.
    """
    rules = Rules(source, options, None)
    if not (source / relative).is_dir():
        return [relative] if (source / relative).is_file() and not rules.reason(relative) else []
    wanted = [path for path in sorted(rules.walk(relative)) if not rules.reason(path, below=relative)]
    _refuse_ways_out(rules)
    return wanted


def _for_building(rules: Rules, files: set[Path]) -> Iterator[Path]:
    """The files of a working copy that stay out of the bundle."""
    for path in rules.walk() if rules.tracked is None else map(Path, rules.tracked.names):
        if path in files or not (rules.root / path).is_file() or not rules.leads_to_tracked(path):
            continue
        if rules.reason(path) not in _NOT_EVEN_FOR_BUILDING:
            yield path
