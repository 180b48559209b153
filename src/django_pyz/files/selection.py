"""Which files of a project go into the bundle, and why the others do not."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from django_pyz import process
from django_pyz.files import exclusions
from django_pyz.files.paths import matches
from django_pyz.options import Options
from django_pyz_runtime.errors import UserError

_TOP = Path()
UNTRACKED = "not tracked by git"
DELETED = "tracked by git, but not there"
EXCLUDED = "excluded"
_NOT_EVEN_FOR_BUILDING = (
    exclusions.SECRETS,
    exclusions.PRIVATE_KEY,
    exclusions.KEY_STORE,
    exclusions.THIS_MACHINE,
    exclusions.CACHE,
)


@dataclass(frozen=True)
class Selection:
    """The files that go into the bundle, and those that do not.

    Attributes:
        files: what goes in, relative to the root, sorted.
        exclusions: what does not, relative path to reason. A folder stands for all in it.
        commit: the git revision, with "+changes" where tracked files were changed; "" without git.
        for_building: what else a working copy needs to be built from, but holds no secrets: files that git tracks, or
            without git those in folders that are looked at. Sorted.
    """

    files: tuple[Path, ...]
    exclusions: dict[str, str]
    commit: str
    for_building: tuple[Path, ...] = ()

    def without(self, folders: Iterable[str]) -> Selection:
        """The selection where some folders that were left out came in after all."""
        inside = tuple(f"{folder}/" for folder in folders)
        kept = {name: why for name, why in self.exclusions.items() if not name.startswith(inside)}
        return replace(self, exclusions=kept)

    def keeps_out(self, relative: str) -> bool:
        """Whether a path must not get in another way; an untracked file may, as the build can have made it."""
        return any(
            relative == name or (name.endswith("/") and relative.startswith(name))
            for name, why in self.exclusions.items()
            if why not in (UNTRACKED, DELETED)
        )


def select(root: Path, options: Options) -> Selection:
    """Choose the files of a project.

    Args:
        root: the project's folder.
        options: `include` and `exclude` are patterns for paths relative to the root.

    Raises:
        UserError: no file is left, or there is a repository that git cannot read.
    """
    tracked = _tracked(root)
    rules = _Rules(root, options, tracked)
    files: list[Path] = []
    reasons = {name: DELETED for name in tracked or () if not os.path.lexists(root / name)}
    for path in sorted(_walk(rules, root, reasons)):
        relative = path.relative_to(root)
        if reason := rules.reason(relative):
            reasons[relative.as_posix()] = reason
        else:
            files.append(relative)
    if not files:
        raise UserError(f"{root}: found no file to pack", hint="Is the project committed to git?")
    more = tuple(sorted(_for_building(_Rules(root, replace(options, exclude=()), tracked), set(files))))
    return Selection(tuple(files), reasons, _commit(root) if tracked is not None else "", more)


def add_build_output(selection: Selection, copy: Path, options: Options) -> Selection:
    """Add the files that build commands made in a copy of a project, and drop those that they removed.

    Args:
        selection: of the project; the copy was made of its files and those for building.
        copy: the copy.
        options: as for the project.
    """
    rules = _Rules(copy, options, None)
    reasons: dict[str, str] = {}
    known = {*selection.files, *selection.for_building}
    files = [path for path in selection.files if (copy / path).is_file()]
    for path in _walk(rules, copy, reasons):
        relative = path.relative_to(copy)
        if relative not in known and not rules.reason(relative):
            files.append(relative)
    left = {**reasons, **selection.exclusions}
    chosen = {path.as_posix() for path in files}
    return replace(
        selection,
        files=tuple(sorted(files)),
        exclusions={name: why for name, why in left.items() if name not in chosen},
    )


def files_of_folder(source: Path, folder: Path, options: Options) -> list[Path]:
    """The files of a folder that is wanted whole, less secrets and what is excluded.

    Args:
        source: a project.
        folder: relative to it.
        options: `include` and `exclude` are patterns for paths relative to the source.
    """
    found = (path.relative_to(source) for path in sorted((source / folder).rglob("*")) if path.is_file())
    rules = _Rules(source, options, None)
    return [path for path in found if not rules.reason(path, below=folder)]


class _Rules:
    """Decides about the files of one selection; remembers its decisions about folders."""

    def __init__(self, root: Path, options: Options, tracked: frozenset[str] | None) -> None:
        self.root = root
        self.options = options
        self.tracked = tracked
        self._installs = {root / path for path in options.requirements}
        self._folders: dict[Path, str] = {}

    def reason(self, relative: Path, below: Path = _TOP) -> str:
        """Why a file does not go in; "" where it does.

        Args:
            relative: the file.
            below: a folder above it that is wanted whatever it is.
        """
        name = relative.as_posix()
        if matches(name, self.options.include):
            return ""
        if matches(name, self.options.exclude):
            return EXCLUDED
        for folder in relative.parents[:-1]:
            if folder != below and folder.is_relative_to(below) and (reason := self.folder_reason(folder)):
                return reason
        # A link to a folder is tracked as the link.
        parts = (relative, *relative.parents)
        is_tracked = self.tracked is not None and any(path.as_posix() in self.tracked for path in parts)
        reason = exclusions.file_reason(self.root / relative, is_tracked=is_tracked, installs=self._installs)
        return reason or ("" if is_tracked or self.tracked is None else UNTRACKED)

    def folder_reason(self, relative: Path) -> str:
        """Why no file of a folder goes in, unless it is included by name; "" where they are looked at."""
        if relative not in self._folders:
            is_excluded = matches(relative.as_posix(), self.options.exclude)
            self._folders[relative] = EXCLUDED if is_excluded else exclusions.folder_reason(self.root / relative)
        return self._folders[relative]

    def looks_into(self, relative: Path) -> bool:
        """Whether a folder, or something in it, is included by name."""
        inside = relative.as_posix() + "/"
        return matches(relative.as_posix(), self.options.include) or any(
            item.startswith(inside) for item in self.options.include
        )


def _for_building(rules: _Rules, files: set[Path]) -> Iterator[Path]:
    """The files that stay out of the bundle, but that a working copy has."""
    if rules.tracked is None:
        candidates = [path.relative_to(rules.root) for path in _walk(rules, rules.root, {})]
    else:
        candidates = [Path(name) for name in rules.tracked]
    for path in candidates:
        if path not in files and (rules.root / path).is_file() and rules.reason(path) not in _NOT_EVEN_FOR_BUILDING:
            yield path


def _walk(rules: _Rules, start: Path, reasons: dict[str, str]) -> Iterator[Path]:
    """The files below `start`, through links too, less those in folders that are left out."""
    for folder, folders, names in os.walk(start):
        for name in list(folders):
            path = Path(folder, name)
            relative = path.relative_to(rules.root)
            reason = "" if rules.looks_into(relative) else rules.folder_reason(relative)
            if path.is_symlink() and path.resolve() in {parent.resolve() for parent in path.parents}:
                reason = "link to a folder that contains it"
            if reason:
                reasons[relative.as_posix() + "/"] = reason
                folders.remove(name)
            elif path.is_symlink():
                yield from _walk(rules, path, reasons)
        yield from (Path(folder, name) for name in names)


def _tracked(root: Path) -> frozenset[str] | None:
    """The files that git tracks below the root; None where it is in no git work tree, or where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--recurse-submodules"]
    try:
        listed = process.run(command, "list the files that git tracks", folder=root)
    except UserError:
        if shutil.which("git") and any((folder / ".git").exists() for folder in (root, *root.parents)):
            raise
        return None
    names = frozenset(name for name in listed.split("\0") if name)
    return names or None


def _commit(root: Path) -> str:
    try:
        revision = process.run(["git", "rev-parse", "HEAD"], "read the revision", folder=root).strip()
    except UserError:
        return ""
    changed = process.run(
        ["git", "status", "--porcelain", "--untracked-files=no", "--", "."], "read the status", folder=root
    )
    return revision + ("+changes" if changed.strip() else "")
