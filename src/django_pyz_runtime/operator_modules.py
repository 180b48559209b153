"""Modules that each installation writes for itself, imported by the name that the project knows them by.

Some projects import their settings, or part of them, from a module that is copied from an example at installation:
`[modules] shop.configuration = /etc/shop/configuration.py` is that module, whatever the bundle holds under its name.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from types import ModuleType

from django_pyz_runtime import trust
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.operator_code import told_without_source


class OperatorModules:
    """A finder for them.

    Args:
        files: module name to the path of its file. It is code, so it is trusted like the tree is.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module that is in the configuration; None for every other one.

        Raises:
            Complaint: its file is not there, or somebody else could have written it.
        """
        if fullname not in self._files:
            return None
        real = check(fullname, self._files[fullname])
        return spec_from_file_location(fullname, real, loader=_Loader(fullname, real))


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Run the file; an error in it is told without its lines."""
        with told_without_source(f"[modules] {self.name}", self.path):
            super().exec_module(module)


def check(module: str, path: str) -> str:
    """The real path of a module's file.

    Raises:
        Complaint: it is not there, or somebody else could have written it.
    """
    real = os.path.realpath(path)
    if os.path.isdir(real):
        raise Complaint(f"[modules] {module}: {path}: wanted a Python file, found a folder")
    try:
        trust.check_file(real, os.geteuid())
    except trust.Untrusted as reason:
        raise Complaint(f"[modules] {module}: {reason}", hint="Only root or this user may write it.") from None
    except OSError as error:
        raise Complaint(f"[modules] {module}: {path}: {(error.strerror or str(error)).lower()}") from None
    return real
