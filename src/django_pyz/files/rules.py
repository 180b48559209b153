"""Applies the rules for one project's files: git, options, names, contents, and link targets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from django_pyz.files import exclusions, links
from django_pyz.files.git import Tracked
from django_pyz.files.paths import matches
from django_pyz.options import Options

_TOP = Path()
UNTRACKED = "not tracked by git"
EXCLUDED = "excluded"
NO_TEXT = "its name is not UTF-8"
UNREADABLE = "cannot be read"
_PACKAGES = "node_modules"


class Rules:
    """Decides about the files of one selection; caches its decisions about folders.

    Attributes:
        root: the project, or a copy of it.
        tracked: the files that git tracks; None if all count as tracked.
        ways_out: the links out of the project that were found and that no option names.
        left_out: the skipped folders, with a slash at the end, and why.
    """

    def __init__(self, root: Path, options: Options, tracked: Tracked | None) -> None:
        self.root = root
        self.tracked = tracked
        self.ways_out: set[Path] = set()
        self.left_out: dict[str, str] = {}
        self._options = options
        self._ways = links.Ways(root, options.include)
        self._installs = {root / path for path in options.requirements}
        self._folders: dict[Path, str] = {}

    def reason(self, relative: Path, below: Path = _TOP) -> str:
        """Why a file does not go in; "" if it does.

        Args:
            relative: the file.
            below: a folder above it that goes in regardless of the rules.
        """
        if shown(relative) != relative.as_posix():
            return NO_TEXT
        if why := self._reason_of_path(relative, below) or links.oddity(self.root / relative):
            return why
        if link := self._ways.way_out(relative):
            self.ways_out.add(link)
            return links.OUTSIDE
        target = self._ways.target(relative)
        if target is None or target == relative or matches(relative.as_posix(), self._options.include):
            return ""
        if _PACKAGES in target.parts:
            return self._reason_of_file(target, is_tracked=False)
        return self._reason_of_path(target, below)

    def leads_to_tracked(self, relative: Path) -> bool:
        """Whether git tracks the final target of a path; always true without git."""
        target = self._ways.target(relative)
        return self.tracked is None or (target is not None and self.tracked.has(target))

    def _reason_of_path(self, relative: Path, below: Path) -> str:
        name = relative.as_posix()
        if matches(name, self._options.include):
            return ""
        if matches(name, self._options.exclude):
            return EXCLUDED
        is_tracked = self.tracked is not None and self.tracked.has(relative)
        for folder in relative.parents[:-1]:
            is_looked_at = folder != below and folder.is_relative_to(below)
            reason = self._folder_reason(folder) if is_looked_at else ""
            goes_in = is_tracked and exclusions.gives_way(folder.name, reason)
            if reason and not goes_in and not self._is_allowed(name, reason):
                return reason
        reason = self._reason_of_file(relative, is_tracked=is_tracked)
        return reason or ("" if is_tracked or self.tracked is None else UNTRACKED)

    def _reason_of_file(self, relative: Path, *, is_tracked: bool) -> str:
        reason = exclusions.file_reason(self.root, relative, is_tracked=is_tracked, installs=self._installs)
        return "" if self._is_allowed(relative.as_posix(), reason) else reason

    def _is_allowed(self, name: str, reason: str) -> bool:
        return reason in exclusions.SECRET and matches(name, self._options.allow_secrets)

    def _folder_reason(self, relative: Path) -> str:
        """Why no file of a folder goes in, unless named or tracked; "" if they are checked one by one."""
        if relative not in self._folders:
            is_excluded = matches(relative.as_posix(), self._options.exclude)
            self._folders[relative] = EXCLUDED if is_excluded else exclusions.folder_reason(self.root, relative)
        return self._folders[relative]

    def walk(self, start: Path = _TOP, through: int = 0) -> Iterator[Path]:
        """The files below a folder, also through links, without those in excluded folders; all relative.

        Args:
            start: the folder.
            through: how many links lead to it.
        """

        def note(error: OSError) -> None:
            unreadable = Path(os.fsdecode(error.filename)).relative_to(self.root)
            self.left_out[f"{shown(unreadable)}/"] = UNREADABLE

        for folder, folders, names in os.walk(self.root / start, onerror=note):
            inside = Path(folder).relative_to(self.root)
            for name in list(folders):
                if reason := self._why_not_into(inside / name, through):
                    self.left_out[f"{shown(inside / name)}/"] = reason
                    folders.remove(name)
                elif Path(folder, name).is_symlink():
                    yield from self.walk(inside / name, through + 1)
            yield from (inside / name for name in names)

    def _why_not_into(self, relative: Path, through: int) -> str:
        """Why a folder is skipped; "" if it is not.

        Args:
            relative: the folder.
            through: how many links lead to it.
        """
        is_named = self._is_named(relative)
        if not is_named and (reason := self._untracked_reason(relative)):
            return reason
        if not (self.root / relative).is_symlink():
            return ""
        if odd := links.folder_oddity(self.root / relative, through):
            return odd
        if self.tracked is not None and not is_named and not self.tracked.has(relative):
            return UNTRACKED
        if link := self._ways.way_out(relative):
            self.ways_out.add(link)
            return links.OUTSIDE
        return ""

    def _untracked_reason(self, relative: Path) -> str:
        """Why nothing in a folder goes in, unless named; "" if it has tracked files."""
        if self.tracked is None:
            return self._folder_reason(relative)
        has_tracked = relative.as_posix() in self.tracked.folders
        for folder in (relative, *relative.parents[:-1]):
            reason = self._folder_reason(folder)
            if reason and not (has_tracked and exclusions.gives_way(folder.name, reason)):
                return reason
        return ""

    def _is_named(self, relative: Path) -> bool:
        """Whether a folder, or something in it, is included or allowed by name."""
        name, named = relative.as_posix(), (*self._options.include, *self._options.allow_secrets)
        return matches(name, named) or any(item.startswith(f"{name}/") for item in named)


def shown(relative: Path) -> str:
    """A path for display; bytes that are not text are escaped."""
    return os.fsencode(relative.as_posix()).decode("utf-8", "backslashreplace")
