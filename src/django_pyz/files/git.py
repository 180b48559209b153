"""Queries git about a project, independently of the repository's settings and the caller's environment."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from django_pyz import process
from django_pyz_runtime.errors import UserError

# The settings of somebody else's checkout may name programs, which git would run.
_NO_PROGRAMS = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_FILTER = re.compile(r"(?:local|worktree)\t(filter\..*)\.(?:clean|smudge|process|required)")
_SUBMODULE = re.compile(r"160000 \S+ \d\t(.*)", re.DOTALL)


class Tracked:
    """The files that git tracks.

    Attributes:
        names: relative to the project, separated by "/"; including those of submodules.
        folders: the folders with tracked files.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = frozenset(names)
        parts = (name.split("/") for name in self.names)
        self.folders = frozenset("/".join(part[:depth]) for part in parts for depth in range(1, len(part)))

    def has(self, relative: Path) -> bool:
        """Whether a file is tracked, or reached through a tracked link."""
        return any(path.as_posix() in self.names for path in (relative, *relative.parents))


def tracked(root: Path) -> Tracked | None:
    """The files that git tracks below a folder; None outside a work tree or without git.

    Raises:
        UserError: git cannot read the repository.
    """
    try:
        listed = _run(root, "list the files that git tracks", "ls-files", "-z", "--cached", "--recurse-submodules")
    except UserError:
        if shutil.which("git") and any((folder / ".git").exists() for folder in (root, *root.parents)):
            raise
        return None
    names = [name for name in listed.split("\0") if name]
    return Tracked(names) if names else None


def commit(root: Path) -> str:
    """The revision of a work tree, with "+changes" if tracked files were changed; "" before the first commit."""
    try:
        revision = _run(root, "read the revision", "rev-parse", "HEAD").strip()
    except UserError:
        return ""
    return revision + ("+changes" if _is_changed(root) else "")


def describe(root: Path) -> str:
    """The nearest tag, with the number of commits since (git-describe(1)); else the commit's date, "2026.11.29"."""
    for arguments in (("describe", "--tags"), ("show", "--no-patch", "--format=%ct", "HEAD")):
        try:
            found = _run(root, "read the version", *arguments).strip()
        except UserError:
            continue
        return time.strftime("%Y.%m.%d", time.gmtime(int(found))) if arguments[0] == "show" else found
    return ""


def empty_submodules(root: Path) -> list[str]:
    """The submodules of a work tree that were not fetched, relative to it."""
    return sorted(name for name in _submodules(root) if not (root / name / ".git").exists())


def clone_history(root: Path, copy: Path) -> None:
    """Give a copy of a work tree the history of its repository, sharing the objects.

    Raises:
        UserError: git cannot do it.
    """
    bare = copy.with_name(f".{copy.name}.git")
    _run(root, "copy the history", "clone", "--quiet", "--no-checkout", "--shared", str(root), str(bare))
    os.replace(bare / ".git", copy / ".git")
    _run(copy, "note the files", "reset", "--quiet")


def _is_changed(root: Path) -> bool:
    # git would apply a submodule's own settings to it.
    arguments = ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules=dirty", "--", ".")
    if _run(root, "read the status", *_without_filters(root), *arguments).strip():
        return True
    return any(_is_changed(root / name) for name in _submodules(root) if (root / name / ".git").exists())


def _submodules(root: Path) -> list[str]:
    listed = _run(root, "list the submodules", "ls-files", "-z", "--stage").split("\0")
    return [found[1] for entry in listed if (found := _SUBMODULE.fullmatch(entry))]


def _without_filters(root: Path) -> Iterator[str]:
    """Disable the content filters in the checkout's settings; the user's own stay active."""
    listed = ""
    with contextlib.suppress(UserError):
        listed = _run(root, "read its settings", "config", "--list", "--show-scope", "--name-only")
    for name in sorted({found[1] for line in listed.splitlines() if (found := _FILTER.fullmatch(line))}):
        for setting in ("clean=", "smudge=", "process=", "required=false"):
            yield from ("-c", f"{name}.{setting}")


def _run(folder: Path, what: str, *arguments: str) -> str:
    return process.run(["git", "--no-optional-locks", *_NO_PROGRAMS, *arguments], what, folder=folder, names=True)
