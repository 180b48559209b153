"""Refuses to run code from the data folder that another user could have written.

A path beside the code may be a link to the data folder (data_links), and a project may put a folder of its data on
sys.path: a module there is code of whoever owns the data. Protocol: audit events (data.audit), as each way to run code
ends in one: a code object that is executed, bytecode without its source that is opened, an extension module that is
loaded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from importlib.machinery import BYTECODE_SUFFIXES, SOURCE_SUFFIXES
from pathlib import Path
from types import CodeType
from typing import Any

from django_pyz_runtime.boot import trust
from django_pyz_runtime.data import audit
from django_pyz_runtime.errors import UserError

_MODULES = (*SOURCE_SUFFIXES, *BYTECODE_SUFFIXES, ".so")


def guard(trees: Iterable[Path], data_dir: Path) -> None:
    """Guard a data folder from now on. A second call replaces the first.

    Args:
        trees: folders of code that nobody can write to, in which nothing is a link.
        data_dir: the data folder.
    """
    looker = _DataCode(trees, data_dir)
    looks = {"exec": looker.look_at_exec, "open": looker.look_at_open, "import": looker.look_at_import}
    audit.watch("code among the data", looks)


class _DataCode:
    """Knows which code lies in a data folder; the arguments are those of `guard`."""

    def __init__(self, trees: Iterable[Path], data_dir: Path) -> None:
        library = os.path.dirname(os.__file__)
        self._elsewhere = ("<", *(os.path.join(folder, "") for folder in (library, *map(str, trees))))
        self._data = os.path.join(os.path.realpath(data_dir), "")
        self._folders: dict[str, str] = {}

    def look_at_exec(self, code: Any, *_: Any) -> None:
        """Check a code object that is about to run."""
        if not isinstance(code, CodeType):
            return
        path = code.co_filename
        if not path.startswith(self._elsewhere) or path.startswith(self._data):
            self._check(path)

    def look_at_open(self, path: Any, *_: Any) -> None:
        """Check a file that is about to be opened: bytecode can claim to come from anywhere."""
        if isinstance(path, str) and path.endswith(".pyc"):
            self._check(path)

    def look_at_import(self, module: Any, path: Any = None, *_: Any) -> None:
        """Check a module that is about to be imported; only compiled ones have a path."""
        if isinstance(path, str):
            self._check(path)

    def _check(self, path: str) -> None:
        """Refuse a file of code that lies in the data folder, and that another user could have written.

        Raises:
            UserError: it is one.
        """
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = os.path.join(os.path.realpath(folder), "")
        real = os.path.realpath(self._folders[folder] + name)
        if real.startswith(self._data) and os.path.isfile(real):
            check_module(real)


def is_module(path: str) -> bool:
    """Whether a file is code that Python would import."""
    return path.endswith(_MODULES)


def check_module(path: str) -> None:
    """Check a file of code among the data.

    Raises:
        UserError: another user could have written it.
    """
    try:
        trust.check_file(os.path.realpath(path), os.geteuid())
    except trust.Untrusted as reason:
        raise UserError(
            f"{path} is code: {reason}", hint=reason.mend or "Run the command as the user who owns it."
        ) from None
