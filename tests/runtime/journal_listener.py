"""The journal's end of its socket."""

from __future__ import annotations

import array
import os
import socket
from pathlib import Path


class Listener:
    """It, as long as it is not closed.

    Args:
        path: of the socket.
    """

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(20)

    def event(self) -> dict[str, str]:
        """The fields of the next event; those of a large one are in a file that comes with it."""
        size = array.array("i").itemsize
        data, others, _, _ = self._socket.recvmsg(2**20, socket.CMSG_SPACE(size))
        if others:
            descriptor = array.array("i", others[0][2][:size])[0]
            data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
            os.close(descriptor)
        return fields(data)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def fields(data: bytes) -> dict[str, str]:
    """The fields of an event, each in the form that tells its length."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        length = int.from_bytes(rest[:8], "little")
        found[name.decode()] = rest[8 : 8 + length].decode()
        assert rest[8 + length : 9 + length] == b"\n"
        data = rest[9 + length :]
    return found
