"""The unpacked tree of a build: found, or made in the best place that can be written and trusted.

Standard library only: this runs at every start.
"""

from __future__ import annotations

import os

from django_pyz_runtime.boot import places, trust
from django_pyz_runtime.bundle.names import find_configuration
from django_pyz_runtime.bundle.record import Record
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
    reasons: list[str] = []
    for attempt in _Search(archive, name, build_id, has_extensions).attempts(config, install_to):
        if attempt.code:
            if reasons and attempt.warning:
                say(f"{'; '.join(reasons)}: {attempt.warning}")
            return attempt.code
        reasons.append(attempt.reason)
    raise UserError(
        f"no place for the unpacked code of build {build_id[:12]}:",
        *(f"  {reason}" for reason in reasons),
        hint="Make one of them writable for this user alone, or set [project] cache_dir.",
    )


FOLDERS = ("activation", "boot", "bundle", "child", "commands", "config", "data", "secrets", "serve", "static")
"""Of the run wing; a start lists no folder."""


class _Attempt(Record):
    """What came of looking for the code in one place.

    Attributes:
        code: its folder; "" where it cannot be used from there.
        warning: what to say of the place where a better one cannot be used; "" for nothing.
        reason: why it cannot be used from there.
    """

    def __init__(self, *, code: str = "", warning: str = "", reason: str = "") -> None:
        self.code = code
        self.warning = warning
        self.reason = reason


class _NoExec(Exception):
    """Compiled modules cannot be loaded from a folder."""


class _Search:
    """Looks for the tree of a build in one place after the other, or makes it there.

    Args:
        archive: the one to unpack.
        name: the project's name.
        build_id: of the archive.
        has_extensions: whether modules in it are compiled.
    """

    def __init__(self, archive: str, name: str, build_id: str, has_extensions: bool) -> None:
        self._archive = archive
        self._name = name
        self._build_id = build_id
        self._has_extensions = has_extensions
        self._uid = os.geteuid()
        self._noexec: list[str] = []

    def attempts(self, config: str | None, install_to: str) -> Iterator[_Attempt]:
        """One attempt for each place, the best place first; none is made before it is asked for."""
        for folder in places.installed_folders(self._name, self._archive):
            if os.path.isdir(os.path.join(folder, self._build_id)):
                yield _attempt(self._installed, folder)
        # Where that fails the command itself says why, from a tree elsewhere.
        if install_to and (attempt := _attempt(self._install, install_to)).code:
            yield attempt
        configuration = find_configuration(self._name, config, os.environ, self._uid).path
        folder = ""
        for folder in places.tree_folders(self._name, os.environ, self._uid, configuration):
            yield _attempt(self._find_or_make, folder, f"using {folder}")
        if not folder:
            yield _Attempt(reason="there is no home folder")
        folder = places.temporary_folder(self._name, self._uid)
        yield _attempt(self._find_or_make, folder, f"using {folder}, which may be emptied at any time")
        for folder in self._noexec:
            yield _attempt(self._tree_in, folder, f"using {folder}, where compiled modules cannot be loaded")

    def _installed(self, folder: str) -> str:
        """The code in a folder of releases."""
        return self._trusted(os.path.join(trust.resolve(folder, self._uid), self._build_id))

    def _install(self, folder: str) -> str:
        """The code in a folder of releases, which is made where it is missing."""
        from django_pyz_runtime.boot.installing import make_folder

        folder = trust.resolve(folder, self._uid)
        make_folder(folder)
        return self._tree_in(folder)

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
        """The code in a folder that is there. Where it is unpacked, what nobody needs any more is removed.

        Raises:
            UserError: the archive is damaged, or is another one by now.
        """
        tree = os.path.join(folder, self._build_id)
        if not os.path.lexists(tree):
            trust.check(folder, self._uid)
            from django_pyz_runtime.boot.releases import prune
            from django_pyz_runtime.boot.unpack import unpack
            from django_pyz_runtime.bundle.container import damaged, read_container

            container = read_container(self._archive)
            if container.build_id != self._build_id:
                raise damaged(self._archive, "it was replaced while it started, or two parts of it are of two builds")
            if unpack(self._archive, container, tree):
                list(prune(folder, self._name, self._build_id))
        return self._trusted(tree)

    def _trusted(self, tree: str) -> str:
        """The code of a tree."""
        code = os.path.join(tree, "site-packages")
        try:
            trust.check(tree, self._uid)
            for folder in _inner_folders(code):
                trust.check_folder(folder, self._uid)
        except trust.Untrusted as reason:
            raise trust.Untrusted(f"not using {tree}: {reason}") from None
        return code


def _inner_folders(code: str) -> list[str]:
    """Those that the next modules come from; what is imported later is checked then (bundle.bytecode_finder)."""
    run_wing = os.path.join(code, __name__.partition(".")[0])
    return [code, run_wing, *(os.path.join(run_wing, name) for name in FOLDERS)]


def _attempt(find: Callable[[str], str], place: str, warning: str = "") -> _Attempt:
    """What comes of a way to find the code in a place."""
    try:
        return _Attempt(code=find(place), warning=warning)
    except (trust.Untrusted, _NoExec) as reason:
        return _Attempt(reason=str(reason))
    except OSError as error:
        return _Attempt(reason=f"{place}: {system_reason(error)}")
