"""The interpreter that a bundle is built for."""

from __future__ import annotations

import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from django_pyz import process
from django_pyz_runtime.errors import UserError

_HINT = "Give a path, a command on PATH or a version, as 3.12."


@dataclass(frozen=True)
class Python:
    """An interpreter.

    Attributes:
        executable: its path.
        version: as "3.11".
        cache_tag: names its bytecode files, as "cpython-311".
    """

    executable: Path
    version: str
    cache_tag: str


def find_python(name: str) -> Python:
    """Find an interpreter and ask it for its version.

    Args:
        name: a path, a command or a version such as 3.12; "" for the one that runs this.

    Raises:
        UserError: the interpreter does not exist or is too old.
    """
    found = shutil.which(name) or shutil.which(f"python{name}") if name else sys.executable
    if not found:
        raise UserError(f"--python {name}: found no such command", hint=_HINT)
    # Absolute, because it also runs in other folders. Links are kept: a virtual environment depends on them.
    executable = os.path.abspath(found)
    if os.path.realpath(executable) == os.path.realpath(sys.executable):
        version = "{}.{}".format(*sys.version_info)
        return Python(Path(executable), version, str(sys.implementation.cache_tag))
    code = "import sys; print('{}.{}'.format(*sys.version_info), sys.implementation.cache_tag)"
    said = process.run([executable, "-I", "-c", code], "ask Python for its version")
    if not (match := re.fullmatch(r"(\d+\.\d+) (\S+)\n", said)):
        raise UserError(f"--python {name}: wanted a Python, found {executable}, which is not one", hint=_HINT)
    version, cache_tag = match.groups()
    if tuple(map(int, version.split("."))) < (3, 11):
        raise UserError(
            f"{executable}: wanted Python 3.11 or newer, found {version}", hint="Give another one with --python."
        )
    return Python(Path(executable), version, cache_tag)
