"""The unpacked tree of a build: found, or made in the best place that can be written and trusted.

Standard library only: this runs at every start.
"""

from __future__ import annotations

import os
import sys

from django_pyz_runtime.boot import places, trust
from django_pyz_runtime.bundle.names import find_configuration
from django_pyz_runtime.errors import UserError, system_reason


def find_code(archive: str, name: str, build_id: str, config: str | None, has_extensions: bool) -> str:
    """The folder of the unpacked code: found, or made in the best place that can be written and trusted.

    Args:
        archive: the one to unpack where there is no tree yet.
        name: the project's name.
        build_id: of the archive.
        config: the value of `--config`, if given.
        has_extensions: whether modules in it are compiled, so that a file system must allow them to be loaded.

    Raises:
        UserError: there is no such place; every one is named with its reason.
    """
    uid = os.geteuid()
    configuration = find_configuration(name, config, os.environ, uid).path
    reasons: list[str] = []
    for folder in places.installed_folders(name, archive):
        installed = os.path.join(folder, build_id)
        if os.path.isdir(installed) and (found := _use(installed, uid, reasons)):
            return found
    search = _Search(archive, name, build_id, uid, reasons)
    for folder in places.tree_folders(name, os.environ, uid, configuration):
        if found := search.find_or_make(folder, has_extensions):
            if reasons:
                _warn(reasons, f"using {folder}")
            return found
    last_resort = places.temporary_folder(name, uid)
    if found := search.find_or_make(last_resort, has_extensions):
        reasons = reasons or ["there is no home folder"]
        _warn(reasons, f"using {last_resort}, which may be emptied at any time")
        return found
    for folder in search.without_extensions:
        if found := search.find_or_make(folder, False):
            _warn(reasons, f"using {folder}, where compiled modules cannot be loaded")
            return found
    raise UserError(
        f"no place for the unpacked code of build {build_id[:12]}:",
        *(f"  {reason}" for reason in reasons),
        hint="Make one of them writable for this user alone, or set [project] cache_dir.",
    )


class _Search:
    """Looks for a tree in one folder after the other.

    Args:
        archive: the one to unpack.
        name: the project's name.
        build_id: of the archive.
        uid: the user who runs.
        reasons: why folders were not used; more are added here.
    """

    def __init__(self, archive: str, name: str, build_id: str, uid: int, reasons: list[str]) -> None:
        self._archive = archive
        self._name = name
        self._build_id = build_id
        self._uid = uid
        self._reasons = reasons
        self.without_extensions: list[str] = []
        """Folders from which compiled modules cannot be loaded."""

    def find_or_make(self, folder: str, has_extensions: bool) -> str:
        """The tree's code in a folder; "" where that cannot be, for a reason that is added."""
        try:
            folder = trust.resolve(os.path.abspath(folder), self._uid)
            tree = os.path.join(folder, self._build_id)
            is_there = os.path.lexists(tree)
            if not is_there:
                os.makedirs(folder, 0o700, exist_ok=True)
                trust.check(folder, self._uid)
            if has_extensions and _is_noexec(folder):
                self.without_extensions.append(folder)
                self._reasons.append(f"{folder} is mounted noexec, so compiled modules cannot be loaded from it")
                return ""
            if not is_there:
                self._unpack(folder, tree)
            return _use(tree, self._uid, self._reasons)
        except trust.Untrusted as reason:
            self._reasons.append(str(reason))
        except OSError as error:
            self._reasons.append(f"{folder}: {system_reason(error)}")
        return ""

    def _unpack(self, folder: str, tree: str) -> None:
        """Unpack, and remove what nobody needs any more.

        Raises:
            UserError: the archive is damaged, or is another one by now.
            Untrusted, OSError: it cannot be unpacked there.
        """
        from django_pyz_runtime.boot.releases import prune
        from django_pyz_runtime.boot.unpack import unpack
        from django_pyz_runtime.bundle.container import damaged, read_container

        container = read_container(self._archive)
        if container.build_id != self._build_id:
            raise damaged(self._archive, "it was replaced while it started, or two parts of it are of two builds")
        if unpack(self._archive, container, tree):
            list(prune(folder, self._name, self._build_id))


def _use(tree: str, uid: int, reasons: list[str]) -> str:
    """The code of a tree; "" where it cannot be trusted, which is added to the reasons."""
    try:
        trust.check(tree, uid)
    except trust.Untrusted as reason:
        reasons.append(f"not using {tree}: {reason}")
        return ""
    return os.path.join(tree, "site-packages")


def _is_noexec(folder: str) -> bool:
    return bool(os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0))


def _warn(reasons: list[str], consequence: str) -> None:
    sys.stderr.write(f"{os.path.basename(sys.argv[0])}: {'; '.join(reasons)}: {consequence}\n")
