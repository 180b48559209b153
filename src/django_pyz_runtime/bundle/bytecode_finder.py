"""Imports from the unpacked tree: which modules a folder has, and their bytecode, come from files made at build time.

The tree holds sources and no `__pycache__`. Beside its site-packages lies BYTECODE, with a folder for the Python that
compiled, named by its cache tag. There is a file for each first part of a path below site-packages: `django.code` for
all of Django, `.code` for site-packages itself; and PROJECT_FOLDER counts as if it lay there, as it did when it was
compiled. A folder of site-packages that is an import root of its own, as the server's, has such files in a folder of
its name, where paths are relative to it: a package has the same bytes in both.
Such a file is

- the size of the index in bytes, in 8 bytes, little-endian;
- the index, by `marshal`: folder -> {name: (is a package, offset, size)}, or None in place of the tuple where the file
  system has to be asked, as for an extension module; offsets are in bytes, from the end of the index;
- the code objects of the modules, by `marshal`.

A folder is looked up without a listing, a module without a stat. Everything else is as with Python's own FileFinder and
SourceFileLoader, of which these are subclasses: sources are where `__file__` says. Standard library only.
"""

from __future__ import annotations

import _imp
import marshal
import os
import stat
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)

from django_pyz_runtime.bundle.names import PROJECT_FOLDER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType

    Modules = dict[str, tuple[bool, int, int] | None]

BYTECODE = "bytecode"
SUFFIX = ".code"
SIZE_BYTES = 8
# As Python's own loaders do with bytecode (importlib._bootstrap_external._compile_bytecode).
_fix_co_filename = vars(_imp)["_fix_co_filename"]


class Index:
    """The modules of a tree, read as they are needed.

    Args:
        folder: with the files.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._parts: dict[str, tuple[int, dict[str, Modules]]] = {}

    def modules(self, folder: str) -> Modules | None:
        """What can be imported from a folder; None where it has nothing.

        Args:
            folder: its place in the index, "" for site-packages itself.
        """
        return self._part(folder.partition("/")[0])[1].get(folder)

    def code(self, folder: str, offset: int, size: int) -> CodeType:
        """The code of a module of a folder."""
        part = folder.partition("/")[0]
        code: CodeType = marshal.loads(self._read(part, self._part(part)[0] + offset, size))
        return code

    def _part(self, part: str) -> tuple[int, dict[str, Modules]]:
        """Where the code of a part starts, and its index."""
        if part not in self._parts:
            try:
                size = int.from_bytes(self._read(part, 0, SIZE_BYTES), "little")
                self._parts[part] = (SIZE_BYTES + size, marshal.loads(self._read(part, SIZE_BYTES, size)))
            except FileNotFoundError:
                self._parts[part] = (0, {})
        return self._parts[part]

    def _read(self, part: str, offset: int, size: int) -> bytes:
        # Opened anew each time: programs that go to the background close all the files they know nothing of.
        descriptor = os.open(f"{self._folder}/{part}{SUFFIX}", os.O_RDONLY)
        try:
            return os.pread(descriptor, size, offset)
        finally:
            os.close(descriptor)


class _Loader(SourceFileLoader):
    """Loads a module whose bytecode is in the index.

    Args:
        fullname: of the module.
        path: of its source.
        index: that has the code.
        place: where in it: the folder that has the module, offset and size.
    """

    def __init__(self, fullname: str, path: str, index: Index, place: tuple[str, int, int]) -> None:
        super().__init__(fullname, path)
        self._index = index
        self._place = place

    def get_code(self, fullname: str) -> CodeType | None:
        """The code of the module, as if compiled from its source where it lies."""
        if fullname != self.name:
            return super().get_code(fullname)
        code = self._index.code(*self._place)
        _fix_co_filename(code, self.path)
        return code


class BytecodeFinder(FileFinder):
    """Finds the modules of one folder of the tree.

    Args:
        path: of the folder.
        folder: its place in the index.
        index: of the tree.
        modules: what the index has for it.
        is_complete: whether there are no other modules in it, as in a tree that nobody can write to.
    """

    def __init__(self, path: str, folder: str, index: Index, modules: Modules, is_complete: bool) -> None:
        super().__init__(path, (ExtensionFileLoader, EXTENSION_SUFFIXES), (SourceFileLoader, SOURCE_SUFFIXES))
        self._folder = folder
        self._index = index
        self._modules = modules
        self._is_complete = is_complete

    def find_spec(self, fullname: str, target: ModuleType | None = None) -> ModuleSpec | None:
        """Find a module of the folder."""
        name = fullname.rpartition(".")[2]
        entry = self._modules.get(name)
        if entry is None:
            if self._is_complete and name not in self._modules:
                return None
            return super().find_spec(fullname, target)
        is_package, offset, size = entry
        folder = f"{self.path}/{name}" if is_package else self.path
        stem = "__init__" if is_package else name
        source = f"{folder}/{stem}.py"
        loader = _Loader(fullname, source, self._index, (self._folder, offset, size))
        spec = ModuleSpec(fullname, loader, origin=source)
        spec.has_location = True
        spec.cached = f"{folder}/__pycache__/{stem}.{sys.implementation.cache_tag}.pyc"
        if is_package:
            spec.submodule_search_locations = [folder]
        return spec


class _Hook:
    """Makes the finders for folders and those below.

    Args:
        folders: as for `install`.
        index: of the tree.
        is_complete: as for BytecodeFinder.
        is_unpacked: whether nobody else may write to it, as to what a bundle has unpacked.
    """

    def __init__(self, folders: dict[str, str], index: Index, is_complete: bool, is_unpacked: bool) -> None:
        self.folders = folders
        self._index = index
        self._is_complete = is_complete
        self._is_unpacked = is_unpacked

    def __call__(self, path: str) -> BytecodeFinder:
        """Make a finder, as an entry of sys.path_hooks does.

        Raises:
            ImportError: the path is of no concern.
        """
        folder = self._place(path)
        modules = None if folder is None else self._index.modules(folder)
        if folder is None or modules is None:
            raise ImportError
        if self._is_unpacked:
            check_unpacked(path)
        return BytecodeFinder(path, folder, self._index, modules, self._is_complete)

    def _place(self, path: str) -> str | None:
        """The place of a folder in the index; None where it is no folder of the tree."""
        for top, place in self.folders.items():
            if path == top or path.startswith(top + os.sep):
                return (place + path[len(top) :]).lstrip(os.sep)
        return None


def check_unpacked(path: str) -> None:
    """Check a folder inside an unpacked tree; the tree's own and those of the run wing were checked before.

    Raises:
        UserError: another user could have put a module there.
    """
    status = os.stat(path)
    if status.st_uid not in (0, os.geteuid()):
        reason = f"is owned by user id {status.st_uid}"
    elif status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        reason = f"can be written by other users (mode {stat.S_IMODE(status.st_mode):04o})"
    else:
        return
    # The one of the tree, as the launcher's is forgotten by now.
    from django_pyz_runtime.errors import UserError

    raise UserError(
        f"{path}: {reason}; refusing to run code from there", hint="Remove the tree it is in: the next start makes it."
    )


def install_for_tree(site_packages: str) -> None:
    """Import from an unpacked tree with the help of its index.

    Args:
        site_packages: of the tree.
    """
    tree = os.path.dirname(site_packages)
    install(tree, {site_packages: "", os.path.join(tree, PROJECT_FOLDER): PROJECT_FOLDER})


def install(
    tree: str, folders: dict[str, str], *, root: str = "", is_complete: bool = True, is_unpacked: bool = True
) -> None:
    """Import from folders with the help of a tree's index; where it does not fit, Python imports as it always does.

    Args:
        tree: the folder that BYTECODE lies in.
        folders: its folders or copies of them, each with its place in the index: site-packages and import roots with an
            index of their own are "" there.
        root: the name of that import root; "" for site-packages.
        is_complete: whether there are no modules in it but those that the index names.
        is_unpacked: whether nobody else may write to it, as to what a bundle has unpacked.
    """
    code = os.path.join(tree, BYTECODE, str(sys.implementation.cache_tag), root).rstrip(os.sep)
    if sys.flags.optimize or not os.path.isdir(code):
        return
    if any(isinstance(hook, _Hook) and hook.folders == folders for hook in sys.path_hooks):
        return
    sys.path_hooks.insert(0, _Hook(folders, Index(code), is_complete, is_unpacked))
    for path in [path for path in sys.path_importer_cache if path.startswith(tuple(folders))]:
        del sys.path_importer_cache[path]
