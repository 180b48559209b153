"""systemd's journal: sends an event as one entry. Standard library only.

What is written to the stream that leads there is cut at each end of line, and at 48 KiB (journald.conf(5), LineMax).
An event that is sent to the journal's socket stays one, has a priority, and may have fields
(https://systemd.io/JOURNAL_NATIVE_PROTOCOL).
"""

from __future__ import annotations

import atexit
import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from socket import socket

SOCKET = "/run/systemd/journal/socket"
_EXIT_SECONDS = 1.0
"""How long an exit waits for the journal: it can find the unit of a process only while the process exists."""
_LOOK_SECONDS = 0.0005
_TOO_LARGE = (errno.EMSGSIZE, errno.ENOBUFS)


class Journal:
    """The journal's socket.

    Args:
        path: of the socket.
    """

    def __init__(self, path: str = SOCKET) -> None:
        self._path = path
        self._socket: socket | None = None

    def send(self, message: str, priority: int, fields: Mapping[str, str] | None = None) -> bool:
        """Hand over an event, and return whether that was possible; it is not where the process cannot see the socket.

        Args:
            message: of any number of lines.
            priority: as syslog has it.
            fields: more of them; names in capitals.
        """
        told = {
            "MESSAGE": message,
            "PRIORITY": str(priority),
            "SYSLOG_IDENTIFIER": os.path.basename(sys.argv[0]),
            **(fields or {}),
        }
        data = b"".join(_field(name, value) for name, value in told.items())
        try:
            connection = self._connection()
            try:
                connection.sendto(data, self._path)
            except OSError as error:
                if error.errno not in _TOO_LARGE:
                    raise
                _send_file(connection, data, self._path)
        except OSError:
            return False
        return True

    def _connection(self) -> socket:
        if not self._socket:
            from socket import AF_UNIX, SOCK_DGRAM, socket

            self._socket = socket(AF_UNIX, SOCK_DGRAM)
            atexit.register(self._end)
        return self._socket

    def _end(self) -> None:
        """Wait until the journal has taken what was sent (unix(7), SIOCOUTQ)."""
        import fcntl
        import struct
        import termios
        import time

        connection, self._socket = self._socket, None
        if not connection:
            return
        deadline = time.monotonic() + _EXIT_SECONDS
        with connection:
            while struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))[0]:
                if time.monotonic() > deadline:
                    break
                time.sleep(_LOOK_SECONDS)


def _field(name: str, value: str) -> bytes:
    """A field in the form that holds any bytes."""
    data = value.encode("utf-8", "backslashreplace")
    return b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)


def _send_file(connection: socket, data: bytes, path: str) -> None:
    """Send what is too large for a message, in a file that nobody can change any more.

    Raises:
        OSError: the system has no such files.
    """
    import fcntl
    import socket

    descriptor = os.memfd_create("django-pyz-log", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    try:
        with os.fdopen(descriptor, "wb", closefd=False) as file:
            file.write(data)
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, descriptor.to_bytes(4, sys.byteorder))
        connection.sendmsg([], [rights], 0, path)
    finally:
        os.close(descriptor)


send = Journal().send
