"""Static files of the other releases whose trees are on disk.

A page that was answered before a reload, or by a host of another release, names files by a hash of their content. Where
this release has none of that name, another one may. They are looked for when they are asked for: releases come and go.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from django_pyz_runtime.boot import places, releases, trust
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER
from django_pyz_runtime.config.configuration import Configuration
from django_pyz_runtime.static.committed import hashed_names

_HASH_IN_NAME = re.compile(
    r"\.[0-9a-f]{12}(\.[^/]*)?$"  # Django's
    # webpack's, vite's and others'; 20241128 is a date
    r"|[.-](?=\w*[0-9])(?=\w*[A-Za-z])\w{8,}(\.\w+)*\.(css|js|map|mjs|wasm|woff2?)$"
)


class OtherReleases:
    """Finds a static file by its name.

    Args:
        own: the tree of this release.
        name: the project's.
        folders: those that hold trees, the best one first.
    """

    def __init__(self, own: str, name: str, folders: tuple[str, ...]) -> None:
        self._own = own
        self._name = name
        self._folders = folders
        self._seen: list[int] = []
        self._trees: list[_Tree] = []

    def __call__(self, name: str) -> str | None:
        """The path of a file; None where there is none, or its name holds no hash, as another one may mean it now."""
        seen = [_version(folder) for folder in self._folders]
        if seen != self._seen:
            self._trees, self._seen = list(self._look()), seen
        return next((path for tree in self._trees if (path := tree.find(name))), None)

    def _look(self) -> Iterator[_Tree]:
        for folder in self._folders:
            for tree in releases.others(folder, self._name, os.path.basename(self._own)):
                static = os.path.join(tree, "site-packages", STATIC_FOLDER)
                if _is_trusted(static):
                    yield _Tree(static, hashed_names(static))


class _Tree(NamedTuple):
    """The folder of static files of a tree, and the names in it that are known to hold a hash."""

    static: str
    hashed: frozenset[str]

    def find(self, name: str) -> str | None:
        """The path of a file that is in the folder, and not hidden."""
        if name not in self.hashed and not _HASH_IN_NAME.search(name):
            return None
        path = os.path.join(self.static, name)
        if os.path.realpath(path) != path or "/." in f"/{name}" or not os.path.isfile(path):
            return None
        return path


def other_releases(bundle: Bundle, configuration: Configuration) -> OtherReleases:
    """The other releases of a bundle's project on this machine."""
    own = str(bundle.site_packages.parent)
    name = bundle.manifest.name
    folders = [
        os.path.dirname(own),
        *places.installed_folders(name, str(bundle.executable)),
        *places.tree_folders(name, os.environ, os.geteuid(), str(configuration.file.path)),
    ]
    return OtherReleases(own, name, tuple(dict.fromkeys(map(os.path.realpath, folders))))


def _version(folder: str) -> int:
    """What changes when a tree comes or goes."""
    try:
        return os.stat(folder).st_mtime_ns
    except OSError:
        return 0


def _is_trusted(static: str) -> bool:
    """Whether nobody else can have written what is there."""
    try:
        trust.check(static, os.geteuid())
    except (OSError, trust.Untrusted):
        return False
    return True
