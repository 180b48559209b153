"""Writes the output of a build atomically."""

from __future__ import annotations

import contextlib
import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason

_FIRST_LINES = re.compile(rb"#!/bin/sh\n\{  # (\S+): a Django project in one file\.")
"""The first bytes of a bundle (programs/first_lines.sh)."""
_LONGEST_BYTES = 1000


def check_writable(output: Path, option: str = "--output") -> None:
    """Reject an output that cannot be written, before the long steps.

    Args:
        output: the file.
        option: the option that names it.

    Raises:
        UserError: it cannot be written.
    """
    folder = next(path for path in output.parents if path.exists())
    problems = {
        "is a directory": output.is_dir(),
        "not a directory": not folder.is_dir(),
        "permission denied": not os.access(folder, os.W_OK | os.X_OK),
    }
    if why := next((text for text, is_so in problems.items() if is_so), ""):
        raise UserError(f"{output}: cannot be written ({why})", hint=f"Give another file with {option}.")


def project_in(output: Path) -> str:
    """The project name of the bundle in a file; "" if it is not a bundle, or not a readable one."""
    try:
        with output.open("rb") as file:
            found = _FIRST_LINES.match(file.read(_LONGEST_BYTES))
    except OSError:
        return ""
    return found[1].decode() if found else ""


@contextlib.contextmanager
def appearing(output: Path) -> Iterator[Path]:
    """A temporary name for a file, renamed to the real one on success."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=f".{output.name}.", dir=output.parent)
        os.close(descriptor)
    except OSError as error:
        raise UserError(f"{output}: cannot be written ({system_reason(error)})") from None
    temporary = Path(name)
    try:
        yield temporary
        os.replace(temporary, output)
    finally:
        temporary.unlink(missing_ok=True)
