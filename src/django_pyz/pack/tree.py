"""The files of a tree, each read once, and the build id that follows from them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple


class Member(NamedTuple):
    """A file of a tree.

    Attributes:
        path: in the tree.
        place: where it is now.
        size: in bytes.
        is_program: whether it can be executed.
        digest: of its content, SHA-256.
    """

    path: str
    place: Path
    size: int
    is_program: bool
    digest: bytes


def read_members(places: Mapping[str, Path]) -> list[Member]:
    """Read files, given by their paths in the tree."""
    return [_read_member(path, place) for path, place in places.items()]


def _read_member(path: str, place: Path) -> Member:
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        status = os.fstat(file.fileno())
    return Member(path, place, status.st_size, bool(status.st_mode & 0o100), digest)


def compute_build_id(members: Iterable[Member]) -> str:
    """A digest over the names, modes, lengths and contents of a tree: no two trees share one, as lengths come first."""
    digest = hashlib.sha256()
    for item in sorted(members):
        name = os.fsencode(item.path)
        mode = "755" if item.is_program else "644"
        digest.update(f"{len(name)}:{mode}:{item.size}:".encode())
        digest.update(name)
        digest.update(item.digest)
    return digest.hexdigest()


def folders_of(paths: Iterable[str]) -> list[str]:
    """The folders that files lie in, and those above, each after the one it lies in."""
    found: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) and path not in found:
            found.add(path)
    return sorted(found)
