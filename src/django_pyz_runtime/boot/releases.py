"""The trees of several builds in one folder, and which of them are no longer needed. Standard library only.

A folder for trees holds, for each build: BUILD, its tree; BUILD.DIGEST, copies of the project's own files with links to
data (see data_links); .BUILD.lock, while it is being unpacked; and .BUILD.RANDOM or .BUILD.DIGEST.RANDOM, what is
being made or removed, or was left over when a process was killed meanwhile. Anything else in it is not ours.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from typing import NamedTuple

from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.bundle.names import MANIFEST_FILE
from django_pyz_runtime.errors import system_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

KEPT = 1
"""How many other builds are kept to go back to."""
FACTS = "release.json"
"""In the tree of a release that is or was in force, beside its kept executable."""
_TREE = re.compile(r"[0-9a-f]{64}")
_COPY = re.compile(r"([0-9a-f]{64})\.[0-9a-f]{12}")
_LEFT_OVER = re.compile(r"\.([0-9a-f]{64})\.(?:(lock)|([0-9a-f]{12}\.)?[a-z0-9_]{8})")


class Outcome(NamedTuple):
    """The result of pruning a tree or leftovers.

    Attributes:
        path: its path.
        kept: why it was kept; "" if it was removed.
    """

    path: str
    kept: str = ""

    def __str__(self) -> str:
        return f"{self.path}: {f'kept: {self.kept}' if self.kept else 'removed'}"


def prune(folder: str, name: str, own: str, keep: int = KEPT, spared: Collection[str] = ()) -> Iterator[Outcome]:
    """Remove the unused trees of a project's other builds, and leftovers of killed processes.

    Args:
        folder: the one that holds the trees; nobody else can write to it.
        name: the project's; the trees of others stay.
        own: the build id of the tree that stays.
        keep: how many of the others stay, newest first.
        spared: the build ids of those that stay in any case, and count as the newest.
    """
    entries = sorted(os.listdir(folder))
    for entry in entries:
        if _is_left_over(folder, entry):
            yield remove_unused(os.path.join(folder, entry))
    found = sorted(others(folder, name, own), key=lambda path: os.path.basename(path) not in spared)
    for number, path in enumerate(found):
        if number < keep or os.path.basename(path) in spared:
            yield Outcome(path, "to go back to")
            continue
        yield (outcome := remove_unused(path))
        for entry in entries if not outcome.kept else ():
            if (copy := _COPY.fullmatch(entry)) and copy[1] == os.path.basename(path):
                yield remove_unused(os.path.join(folder, entry))


def kept(folder: str) -> set[str]:
    """The build ids of the releases in a folder that are or were in force: `pyz upgrade` removes them when it is time.

    Args:
        folder: the one that holds the trees.
    """
    return {tree for tree in os.listdir(folder) if os.path.lexists(os.path.join(folder, tree, FACTS))}


def others(folder: str, name: str, own: str) -> list[str]:
    """The trees of a project's other builds, newest first; none where the folder cannot be read.

    Args:
        folder: the one that holds the trees.
        name: the project's.
        own: the build id of the one that is left out.
    """
    try:
        trees = [entry for entry in sorted(os.listdir(folder)) if _TREE.fullmatch(entry) and entry != own]
    except OSError:
        return []
    return sorted((path for tree in trees if _project(path := os.path.join(folder, tree)) == name), key=_age)


def remove_left_over(tree: str) -> None:
    """Remove leftovers of killed processes that were unpacking to `tree`; for the process whose turn it is."""
    folder, name = os.path.split(tree)
    pattern = re.compile(rf"\.{re.escape(name)}\.[a-z0-9_]{{8}}")
    for entry in os.listdir(folder):
        if pattern.fullmatch(entry):
            remove_unused(os.path.join(folder, entry))


def remove_unused(path: str) -> Outcome:
    """Remove a tree that nobody holds: first it loses its name, so that nobody sees half of it."""
    try:
        if (descriptor := tree_locks.take_to_remove(path)) is None:
            return Outcome(path, "a process is using it")
        try:
            away = _name_to_remove(path)
            os.rename(path, away)
        finally:
            os.close(descriptor)
    except OSError as error:
        return Outcome(path, system_reason(error))
    remove(away)
    return Outcome(path, "not all of it can be removed" if os.path.lexists(away) else "")


def remove(tree: str) -> None:
    """Delete a tree although it is read-only, or a file."""
    with contextlib.suppress(OSError):
        if not os.path.isdir(tree):
            os.unlink(tree)
        for folder, _, _ in os.walk(tree):
            os.chmod(folder, 0o700)
    shutil.rmtree(tree, ignore_errors=True)


def _is_left_over(folder: str, entry: str) -> bool:
    """Whether an entry is what a killed process left behind, or may be: nobody holds it if so."""
    if copy := _COPY.fullmatch(entry):
        return not os.path.lexists(os.path.join(folder, copy[1]))
    if not (found := _LEFT_OVER.fullmatch(entry)):
        return False
    # A copy is made by a process that holds the tree, and nothing but that.
    return not found[3] or not _is_held(os.path.join(folder, found[1]))


def _is_held(tree: str) -> bool:
    try:
        descriptor = tree_locks.take_to_remove(tree)
    except OSError:
        return True
    if descriptor is None:
        return os.path.lexists(tree)
    os.close(descriptor)
    return False


def _name_to_remove(path: str) -> str:
    """A name for what is being removed, by which it is known as left over should this process be killed."""
    folder, name = os.path.split(path)
    build = name.strip(".").partition(".")[0]
    return os.path.join(folder, f".{build}.{os.urandom(4).hex()}")


def _age(tree: str) -> int:
    """What sorts trees, newest first."""
    try:
        return -os.lstat(tree).st_mtime_ns
    except OSError:
        return 0


def _project(tree: str) -> str:
    """The name of a tree's project; "" if unknown."""
    try:
        with open(os.path.join(tree, "site-packages", MANIFEST_FILE), "rb") as file:
            return str(json.load(file)["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
