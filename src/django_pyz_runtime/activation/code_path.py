"""sys.path as the project's, and in a process that serves with the server's own code before it.

A bundle serves with one version of gunicorn, in SERVER_FOLDER, whatever version the project pins. Only the processes of
`runserve` import from there; management commands, programs and child processes find the project's.
"""

from __future__ import annotations

import site as python_site
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from django_pyz_runtime.bundle import bytecode_finder
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import SERVER_FOLDER

_SERVER_PACKAGE = "gunicorn"


def use_code(bundle: Bundle, code_folder: Path) -> None:
    """Put the project's import roots on sys.path; the tree itself is there, and the server's code stays first.

    Args:
        bundle: this one.
        code_folder: the folder that the manifest's paths are relative to.
    """
    server = [entry for entry in sys.path if entry == _server_folder(bundle.site_packages)]
    first = [*server, *(str(code_folder / root) for root in bundle.manifest.import_roots)]
    last = [str(code_folder / root) for root in bundle.manifest.last_import_roots]
    sys.path[:] = [*first, *(entry for entry in sys.path if entry not in (*first, *last)), *last]
    if bundle.manifest.has_pth:
        python_site.addsitedir(str(bundle.site_packages))


def use_server(site_packages: Path) -> None:
    """Import the bundle's own gunicorn from here on, and find its metadata.

    Args:
        site_packages: of the bundle's tree.
    """
    folder = _server_folder(site_packages)
    bytecode_finder.install(str(site_packages.parent), {folder: ""}, root=SERVER_FOLDER)
    sys.path.insert(0, folder)


def leave_server(site_packages: Path) -> dict[str, ModuleType]:
    """Import the project's gunicorn from here on, if it has one.

    Returns:
        The modules of the bundle's, removed from sys.modules.
    """
    sys.path[:] = [entry for entry in sys.path if entry != _server_folder(site_packages)]
    names = [name for name in sys.modules if name.partition(".")[0] == _SERVER_PACKAGE]
    return {name: sys.modules.pop(name) for name in names}


@contextmanager
def server_code(site_packages: Path) -> Iterator[None]:
    """Import the bundle's own gunicorn within the block, even while another one runs."""
    path = list(sys.path)
    before = leave_server(site_packages)
    use_server(site_packages)
    try:
        yield
    finally:
        leave_server(site_packages)
        sys.path[:] = path
        sys.modules.update(before)


def _server_folder(site_packages: Path) -> str:
    return str(site_packages / SERVER_FOLDER)


def spec_of(module: str) -> ModuleSpec | None:
    """The spec of a module; None where it, or its package, is not there."""
    try:
        return find_spec(module)
    except ModuleNotFoundError:
        return None
