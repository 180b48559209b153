"""An outgoing response: whether its client reads it fast enough.

What counts is what the other side has acknowledged. That a socket can be written to would not do: the kernel says so
only when a third of its buffer, which may hold megabytes, is free, and a slow client takes minutes for that.
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import select
import socket
import struct
import termios
import time
from typing import IO, TYPE_CHECKING

from django_pyz_runtime.serve.limits import Limits

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_FILE_PIECE_BYTES = 1024 * 1024


class Outgoing:
    """A response that waits for its client.

    Args:
        limits: for the client.
        taken: how many bytes it has read, counted from any start.
        now: the time, in seconds of some clock.

    Attributes:
        deadline: when to ask `may_go_on`.
    """

    def __init__(self, limits: Limits, taken: int, now: float) -> None:
        self._limits = limits
        self._taken_then = taken
        self.deadline = now + limits.answer_seconds

    def may_go_on(self, taken: int, now: float) -> bool:
        """Whether its client has another while, now that the deadline is over."""
        is_slow = taken - self._taken_then < self._limits.answer_least_bytes
        self._taken_then = taken
        self.deadline = now + self._limits.answer_seconds
        return not is_slow


def unacknowledged_bytes(descriptor: int) -> int:
    """The bytes of a socket that the other side has not acknowledged (tcp(7), SIOCOUTQ)."""
    return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, bytes(4)))[0])


def give_up(connection: socket.socket) -> None:
    """Make closing a connection discard unsent data, which otherwise stays in the kernel for a quarter of an hour."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class PatientSocket(socket.socket):
    """A connection that waits for its client only as long as the limits say, where it may wait at all.

    Args:
        connection: it is taken over; do not use it afterwards.
        limits: for the client.

    Attributes:
        is_given_up: whether the client read too slowly.
    """

    def __init__(self, connection: socket.socket, limits: Limits) -> None:
        family, kind, protocol = connection.family, connection.type, connection.proto
        super().__init__(family, kind, protocol, fileno=connection.detach())
        self._limits = limits
        self.is_given_up = False

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """Send some.

        Raises:
            BrokenPipeError: the client does not take it.
        """
        if self.gettimeout() is not None:
            return super().send(data, flags)
        while True:
            try:
                return super().send(data, flags | socket.MSG_DONTWAIT)
            except BlockingIOError:
                self._wait()

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """Send all.

        Raises:
            BrokenPipeError: the client does not take it.
        """
        if self.gettimeout() is not None:
            super().sendall(data, flags)
            return
        left = memoryview(data).cast("B")
        while left:
            left = left[self.send(left, flags) :]

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:  # type: ignore[override]
        """Send a file, and return how much of it was sent.

        Raises:
            BrokenPipeError: the client does not take it.
        """
        end = math.inf if count is None else offset + count
        at = offset
        self.setblocking(False)
        try:
            while at < end and (sent := self._send_piece(file.fileno(), at, int(min(_FILE_PIECE_BYTES, end - at)))):
                at += sent
        except OSError as error:
            if isinstance(error, ConnectionError) or at > offset:
                raise
        finally:
            self.setblocking(True)
        return (at - offset) or self._send_as_read(file, offset, end)

    def _send_piece(self, descriptor: int, at: int, size: int) -> int:
        while True:
            try:
                return os.sendfile(self.fileno(), descriptor, at, size)
            except BlockingIOError:
                self._wait()

    def _send_as_read(self, file: IO[bytes], offset: int, end: float) -> int:
        """The same for a file that the kernel cannot send."""
        at = offset
        file.seek(at)
        while at < end and (piece := file.read(int(min(_FILE_PIECE_BYTES, end - at)))):
            self.sendall(piece)
            at += len(piece)
        return at - offset

    def _wait(self) -> None:
        """Wait until more can be sent."""
        writable = select.poll()
        writable.register(self, select.POLLOUT)
        outgoing = Outgoing(self._limits, -unacknowledged_bytes(self.fileno()), time.monotonic())
        while not writable.poll(_milliseconds(outgoing.deadline - time.monotonic())):
            now = time.monotonic()
            if now >= outgoing.deadline and not outgoing.may_go_on(-unacknowledged_bytes(self.fileno()), now):
                self.is_given_up = True
                give_up(self)
                raise BrokenPipeError(errno.EPIPE, "the client reads the response too slowly")


def _milliseconds(seconds: float) -> float | None:
    return None if math.isinf(seconds) else max(0.0, seconds * 1000)
