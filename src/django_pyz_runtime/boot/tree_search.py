"""The unpacked tree of a build: found, or made in the best place that can be written and trusted.

Standard library only: this runs at every start.
"""

from __future__ import annotations

import os

from django_pyz_runtime.boot import places, trust
from django_pyz_runtime.bundle.names import find_configuration
from django_pyz_runtime.errors import UserError, say, system_reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def find_code(
    archive: str, name: str, build_id: str, config: str | None, has_extensions: bool, install_to: str = ""
) -> str:
    """The folder of the unpacked code: found, or made in the best place that can be written and trusted.

    Args:
        archive: the one to unpack where there is no tree yet.
        name: the project's name.
        build_id: of the archive.
        config: the value of `--config`, if given.
        has_extensions: whether modules in it are compiled, so that a file system must allow them to be loaded.
        install_to: the folder that this process will install the tree to in any case; "" for none.

    Raises:
        UserError: there is no such place; every one is named with its reason.
    """
    search = _Search(archive, name, build_id, has_extensions)
    for find, folder, warning in search.ways(config, install_to):
        if code := search.tried(find, folder):
            if search.reasons and warning:
                say(f"{'; '.join(search.reasons)}: {warning}")
            return code
    configuration = find_configuration(name, config, os.environ, os.geteuid()).path
    raise UserError(
        f"no place for the unpacked code of build {build_id[:12]}:",
        *(f"  {reason}" for reason in search.reasons),
        hint=f"Make one of them writable for this user alone, or set [project] cache_dir in {configuration}.",
    )


FOLDERS = (
    "activation",
    "boot",
    "bundle",
    "child",
    "commands",
    "config",
    "data",
    "help",
    "release",
    "secrets",
    "serve",
    "shell",
    "static",
)
"""Of the run wing; a start lists no folder."""


class _NoExec(Exception):
    """Raised when compiled modules cannot be loaded from a folder."""


class _Search:
    """Looks for the tree of a build in one place after another, or makes it there.

    Args:
        archive: the one to unpack.
        name: the project's name.
        build_id: of the archive.
        has_extensions: whether modules in it are compiled.

    Attributes:
        reasons: why it cannot be used from the places that were tried.
    """

    def __init__(self, archive: str, name: str, build_id: str, has_extensions: bool) -> None:
        self._archive = archive
        self._name = name
        self._build_id = build_id
        self._has_extensions = has_extensions
        self._uid = os.geteuid()
        self._noexec: list[str] = []
        self.reasons: list[str] = []

    def ways(self, config: str | None, install_to: str) -> Iterator[tuple[Callable[[str], str], str, str]]:
        """A way to find the code, a place for it, and a warning if it is not the best one; the best first."""
        for folder in places.installed_folders(self._name, self._archive):
            if os.path.isdir(os.path.join(folder, self._build_id)):
                yield self._installed, folder, ""
        if install_to:
            yield self._install, install_to, ""
        configuration = find_configuration(self._name, config, os.environ, self._uid).path
        folder = ""
        for folder in places.tree_folders(self._name, os.environ, self._uid, configuration):
            yield self._find_or_make, folder, f"using {folder}"
        if not folder:
            self.reasons.append("there is no home folder")
        try:
            folder = places.temporary_folder(self._name, self._uid)
        except FileNotFoundError:
            self.reasons.append("there is no temporary folder that can be written")
        else:
            yield self._find_or_make, folder, f"using {folder}, which may be emptied at any time"
        for folder in self._noexec:
            yield self._tree_in, folder, f"using {folder}, where compiled modules cannot be loaded"

    def tried(self, find: Callable[[str], str], folder: str) -> str:
        """The result of a way in a place; "" if it cannot be used, and the reason is noted."""
        try:
            return find(folder)
        except (trust.Untrusted, _NoExec) as reason:
            self.reasons.append(str(reason))
        except OSError as error:
            self.reasons.append(f"{folder}: {system_reason(error)}")
        return ""

    def _installed(self, folder: str) -> str:
        """The code in a folder of releases."""
        return self._trusted(os.path.join(trust.resolve(folder, self._uid), self._build_id))

    def _install(self, folder: str) -> str:
        """The same, but the folder is made where it is missing; "" where that fails.

        The command itself says why then, from a tree elsewhere.
        """
        from django_pyz_runtime.boot.installing import MADE, make_folder

        try:
            folder = trust.resolve(folder, self._uid)
            make_folder(folder)
            if not os.path.lexists(tree := os.path.join(folder, self._build_id)):
                os.environ[MADE] = tree
            return self._tree_in(folder)
        except (trust.Untrusted, OSError):
            return ""

    def _find_or_make(self, folder: str) -> str:
        """The code in a folder, which is made where it is missing."""
        folder = trust.resolve(os.path.abspath(folder), self._uid)
        if not os.path.lexists(os.path.join(folder, self._build_id)):
            os.makedirs(folder, 0o700, exist_ok=True)
        if self._has_extensions and os.statvfs(folder).f_flag & getattr(os, "ST_NOEXEC", 0):
            self._noexec.append(folder)
            raise _NoExec(f"{folder} is mounted noexec, so compiled modules cannot be loaded from it")
        return self._tree_in(folder)

    def _tree_in(self, folder: str) -> str:
        """The code in an existing folder. After unpacking, code that is no longer needed is removed.

        Raises:
            UserError: the archive is damaged, or was replaced.
        """
        tree = os.path.join(folder, self._build_id)
        if not os.path.lexists(tree):
            trust.check(folder, self._uid)
            from django_pyz_runtime.boot.releases import kept, prune
            from django_pyz_runtime.boot.unpack import unpack
            from django_pyz_runtime.bundle.container import damaged, read_container

            container = read_container(self._archive)
            if container.build_id != self._build_id:
                raise damaged(self._archive, "it was replaced while it started, or its parts are from two builds")
            if unpack(self._archive, container, tree):
                list(prune(folder, self._name, self._build_id, spared=kept(folder)))
        return self._trusted(tree)

    def _trusted(self, tree: str) -> str:
        """The code of a tree."""
        code = os.path.join(tree, "site-packages")
        try:
            trust.check(tree, self._uid)
            for folder in _inner_folders(code):
                trust.check_one(folder, self._uid)
        except trust.Untrusted as reason:
            raise trust.Untrusted(f"not using {tree}: {reason}", reason.mend) from None
        return code


def _inner_folders(code: str) -> list[str]:
    """Those that the next modules come from; what is imported later is checked then (bundle.bytecode_finder)."""
    run_wing = os.path.join(code, __name__.partition(".")[0])
    return [code, run_wing, *(os.path.join(run_wing, name) for name in FOLDERS)]
