"""The seal of a bundle: a digest over every byte of the file, at its very end, in the comment of the zip archive.

It shows that a file is as it was built. It does not show who built it: whoever changes a file can seal it again.
"""

from __future__ import annotations

import hashlib
import os
from typing import BinaryIO

from django_pyz_runtime.bundle.container import damaged
from django_pyz_runtime.errors import system_reason

EMPTY = b"0" * 64
"""What stands in its place until all else is written."""
_PIECE_BYTES = 1 << 20


def compute(file: BinaryIO) -> bytes:
    """The seal of an open file: the SHA-256 of all that is before it, in lower-case hexadecimal digits."""
    rest = file.seek(0, os.SEEK_END) - len(EMPTY)
    file.seek(0)
    digest = hashlib.sha256()
    while rest > 0 and (piece := file.read(min(rest, _PIECE_BYTES))):
        digest.update(piece)
        rest -= len(piece)
    return digest.hexdigest().encode()


def check(executable: str) -> None:
    """Read a file from its first byte to its last.

    Raises:
        UserError: one of them is not as it was built.
    """
    try:
        with open(executable, "rb") as file:
            wanted = compute(file)
            found = file.read()
    except OSError as error:
        raise damaged(executable, system_reason(error)) from None
    if found != wanted:
        raise damaged(executable, "its bytes differ from those sealed at build time")
