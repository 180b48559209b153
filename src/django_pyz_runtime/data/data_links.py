"""Paths beside the code that hold data, as links to the data folder.

Some settings write where no setting says so: they generate a key beside the code, or make folders there. The build
notices, and the manifest names these paths. The project then runs from a copy of its own files, next to the tree and as
read-only, in which each of these paths is a link into the data folder.
"""

from __future__ import annotations

import os
from pathlib import Path

from django_pyz_runtime.boot import trust
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER
from django_pyz_runtime.data import own_data, write_guard
from django_pyz_runtime.data.data_code import check_module, is_module
from django_pyz_runtime.data.relocation import make_folders
from django_pyz_runtime.errors import UserError, system_reason


def code_folder(bundle: Bundle, data_dir: Path, *, may_write: bool = True) -> Path:
    """The folder that the manifest's paths are relative to: the tree's, or that of a copy with links.

    Args:
        bundle: this one.
        data_dir: where the links lead.
        may_write: whether what is missing may be made; else the copy is this process's own, and gone when it ends.

    Raises:
        UserError: the copy can neither be found nor made, or others could have written it.
    """
    if bundle.is_staged or not bundle.manifest.data_paths:
        return bundle.root
    if not may_write:
        return _own_copy(bundle, data_dir)
    import hashlib

    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
    copy = bundle.site_packages.parent.with_name(f"{bundle.site_packages.parent.name}.{digest}")
    if not copy.is_dir():
        _make(bundle, data_dir, copy)
    _make_folders(bundle, data_dir)
    try:
        trust.check(str(copy), os.geteuid())
    except trust.Untrusted as reason:
        raise UserError(f"not using {copy}: {reason}", hint="Remove it: the next start makes it.") from None
    _check_code(bundle, data_dir)
    return copy


def _check_code(bundle: Bundle, data_dir: Path) -> None:
    """Refuse modules among the data that another user could have written: the project may import them.

    What lies deeper is refused when it is to run (data_code): a project that goes on where a plug-in fails would not
    say so.

    Raises:
        UserError: there are some.
    """
    for name in bundle.manifest.data_paths:
        path = data_dir / name
        for file in (path, *path.glob("*"), *path.glob("*/*")):
            if is_module(file.name) and file.is_file():
                check_module(str(file))


_own_copies: dict[tuple[Path, Path], Path] = {}
"""The copies of this process, by tree and data folder."""


def _own_copy(bundle: Bundle, data_dir: Path) -> Path:
    """A copy for a read-only process: what its settings write while they are read is deleted at its end.

    Existing data can be read; a change goes to a copy.
    """
    import atexit
    import tempfile

    from django_pyz_runtime.boot.releases import remove

    if made := _own_copies.get((bundle.site_packages, data_dir)):
        return made
    _check_code(bundle, data_dir)
    folder = Path(tempfile.mkdtemp(prefix=f"{bundle.manifest.name}."))

    def remove_folder() -> None:
        write_guard.stop()
        own_data.stop()
        remove(str(folder))

    atexit.register(remove_folder)
    own = folder / "data"
    for name in bundle.manifest.data_paths:
        own_data.link(own, data_dir, name.rstrip("/"))
    _fill(bundle, folder / "code", own)
    _make_folders(bundle, own)
    own_data.keep_apart(own)
    _own_copies[bundle.site_packages, data_dir] = folder / "code"
    return folder / "code"


def _make(bundle: Bundle, data_dir: Path, copy: Path) -> None:
    import tempfile

    from django_pyz_runtime.boot.releases import remove

    try:
        temporary = Path(tempfile.mkdtemp(prefix=f".{copy.name}.", dir=copy.parent))
        try:
            _fill(bundle, temporary, data_dir)
            os.rename(temporary, copy)
        except BaseException:
            remove(str(temporary))
            raise
    except OSError as error:
        if copy.is_dir():
            return
        raise UserError(
            f"{copy}: the code with links to {data_dir} cannot be kept there ({system_reason(error)})",
            hint="Run any command once as the user who owns that folder.",
        ) from None


def _fill(bundle: Bundle, copy: Path, data_dir: Path) -> None:
    """Copy the project's own files, with links into a folder of data."""
    import shutil

    from django_pyz_runtime.bundle.blocks import link_or_copy

    shutil.copytree(bundle.project_folder, copy / PROJECT_FOLDER, copy_function=link_or_copy)
    for name in bundle.manifest.data_paths:
        _link(copy / PROJECT_FOLDER, name.rstrip("/"), data_dir)
    copy.chmod(0o555)


def _link(folder: Path, name: str, data_dir: Path) -> None:
    from django_pyz_runtime.boot.releases import remove

    path = folder / name
    above = [parent for parent in reversed(path.parents) if parent.is_relative_to(folder)]
    for parent in above:
        parent.mkdir(exist_ok=True)
        parent.chmod(0o755)
    # The build leaves these paths out: what is there was made in the tree since.
    if os.path.lexists(path):
        remove(str(path)) if path.is_dir() and not path.is_symlink() else path.unlink()
    path.symlink_to(data_dir / name)
    for parent in above:
        parent.chmod(0o555)


def _make_folders(bundle: Bundle, data_dir: Path) -> None:
    """The folders that the links lead to."""
    names = bundle.manifest.data_paths
    make_folders(data_dir, [data_dir / (name if name.endswith("/") else os.path.dirname(name)) for name in names])
