"""Python files of the operator; error messages show none of their lines, as these hold secrets."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime.boot import trust
from django_pyz_runtime.data import settings_walk
from django_pyz_runtime.errors import UserError, line_of, system_reason
from django_pyz_runtime.secrets import private_files
from django_pyz_runtime.secrets.recognise import is_secret
from django_pyz_runtime.secrets.redaction import redacted, remember

_SAYS_NO_VALUE = (ArithmeticError, AttributeError, ImportError, NameError, SyntaxError, TypeError)
"""Errors whose message speaks of code; others, as ValueError, may repeat a value."""


@contextmanager
def told_without_source(where: str, path: str) -> Iterator[None]:
    """Report an error in a file of the operator by its line and kind.

    Args:
        where: names the option.
        path: of the file, as it was compiled.

    Raises:
        UserError: in place of every error but one.
    """
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        line = line_of(error, path)
        message = f": {redacted(_message(error))}" if isinstance(error, _SAYS_NO_VALUE) else ""
        raise UserError(f"{where}: {path}{f':{line}' if line else ''}: {type(error).__name__}{message}") from None


def _message(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)


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
            UserError: its file is not there, or somebody else could have written it.
        """
        if fullname not in self._files:
            return None
        real = check_module_file(fullname, self._files[fullname])
        return spec_from_file_location(fullname, real, loader=_Loader(fullname, real))


class _Loader(SourceFileLoader):
    def exec_module(self, module: ModuleType) -> None:
        """Run the file; an error in it is reported without its lines."""
        with told_without_source(f"[modules] {self.name}", self.path):
            super().exec_module(module)


def check_module_file(module: str, path: str) -> str:
    """The real path of a module's file.

    Raises:
        UserError: it is not there, or somebody else could have written it.
    """
    real = os.path.realpath(path)
    if os.path.isdir(real):
        raise UserError(f"[modules] {module}: {path}: wanted a Python file, found a folder")
    with _refusals(f"[modules] {module}", path):
        trust.check_is_file(path)
        trust.check_file(real, os.geteuid())
    return real


def run_local_settings(path: Path, namespace: dict[str, Any]) -> None:
    """Run a file of settings inside the settings module. It is code, so it is trusted like the tree is.

    Raises:
        UserError: it cannot be read, fails, somebody else could have written it, or everyone can read secrets in it.
    """
    with _refusals("[project] local_settings", str(path)):
        trust.check_is_file(str(path))
        real = path.resolve(strict=True)
        trust.check_file(str(real), os.geteuid())
        file = private_files.read(real)
    before = secrets_of(namespace)
    with told_without_source("[project] local_settings", str(real)):
        exec(compile(file.content, str(real), "exec"), namespace)
    after = secrets_of(namespace)
    remember((name, text) for name, text in after.items())
    if file.is_readable and after != before:
        raise UserError(
            f"[project] local_settings: {real} sets secrets and can be read by everyone",
            hint=trust.closing(str(real)),
        )


@contextmanager
def _refusals(where: str, path: str) -> Iterator[None]:
    """Report why a file of the operator is not used."""
    try:
        yield
    except trust.Untrusted as reason:
        hint = reason.mend or "Only root or this user may write it."
        raise UserError(f"{where}: {reason}", hint=hint) from None
    except OSError as error:
        raise UserError(f"{where}: {path}: {system_reason(error)}") from None


def secrets_of(namespace: Mapping[str, Any]) -> dict[str, str]:
    """The secret settings of a namespace, by dotted name."""
    found = settings_walk.values(namespace)
    return {name: text for name, text in found if settings_walk.is_really(text, str) and is_secret(name, text)}
