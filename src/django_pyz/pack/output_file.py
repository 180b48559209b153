"""The file that a build writes: it appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.errors import UserError, system_reason


def check_writable(output: Path) -> None:
    """Refuse, before the long steps, an output that cannot be written."""
    folder = next(path for path in output.parents if path.exists())
    problems = {
        "is a directory": output.is_dir(),
        "not a directory": not folder.is_dir(),
        "permission denied": not os.access(folder, os.W_OK | os.X_OK),
    }
    if why := next((text for text, is_so in problems.items() if is_so), ""):
        raise UserError(f"{output}: cannot be written ({why})", hint="Give another file with --output.")


@contextlib.contextmanager
def appearing(output: Path) -> Iterator[Path]:
    """A temporary name for a file, which gets its real name when everything went well."""
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
