"""Asks the kernel who holds a lock on a file (fcntl(2), POSIX record locks); the lock ends with its process."""

from __future__ import annotations

import fcntl
import os
import struct

_FLOCK = "@hhqqi4x"
"""struct flock, as fcntl(2) has it: type, whence, start, length, process id."""


def holder(descriptor: int, start: int = 0, length: int = 0) -> int:
    """Another process that has locked a part of a file; 0 for none, less than 0 if it is not known which.

    Args:
        descriptor: of the open file.
        start: the first byte of the part.
        length: in bytes; 0 for all that follows.
    """
    asked = struct.pack(_FLOCK, fcntl.F_WRLCK, os.SEEK_SET, start, length, 0)
    kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    return 0 if kind == fcntl.F_UNLCK else pid or -1
