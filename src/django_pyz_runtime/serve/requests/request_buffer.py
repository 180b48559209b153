"""A request that is read whole before it costs a thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING

from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.requests.incoming import Incoming
from django_pyz_runtime.serve.requests.outgoing import PatientSocket
from django_pyz_runtime.serve.requests.refusals import no_room

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_HEAD_PIECE_BYTES = 64 * 1024
_BODY_PIECE_BYTES = 256 * 1024
_IN_MEMORY_BYTES = 128 * 1024
"""Of a request; one that is larger goes to a temporary file."""


class RequestSocket(PatientSocket):
    """A connection whose request was already read: recv() returns it again.

    Args:
        connection: it is taken over; do not use it afterwards.
        limits: for its client.

    Attributes:
        unchunked_bytes: the length of the request's body, where it came in chunks; else None.
    """

    def __init__(self, connection: socket.socket, limits: Limits) -> None:
        super().__init__(connection, limits)
        self._request: IO[bytes] | None = None
        self._continued = False
        self.unchunked_bytes: int | None = None

    def give_back(self, request: IO[bytes], unchunked_bytes: int | None) -> None:
        """Let recv() begin with this."""
        request.seek(0)
        self._request = request
        self.unchunked_bytes = unchunked_bytes

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        """Return some of the request, and after it new data from the client."""
        if self._request:
            if data := self._request.read(size):
                return data
            self.forget()
        return super().recv(size, flags)

    def send_continue(self) -> None:
        """Ask the client for the body. The server asks later, too; once is enough."""
        self._continued = True
        with contextlib.suppress(BlockingIOError):
            super().send(_CONTINUE)

    def send(self, data: ReadableBuffer, flags: int = 0, /) -> int:
        """Send to the client."""
        if self._continued and data == _CONTINUE:
            self._continued = False
            return len(_CONTINUE)
        return super().send(data, flags)

    def close(self) -> None:
        """Close, and forget the request."""
        self.forget()
        super().close()

    def forget(self) -> None:
        """Discard the request."""
        if self._request:
            self._request.close()
            self._request = None


class RequestBuffer(Incoming):
    """One request while the main loop reads it.

    Args:
        connection: not blocking.
        limits: for its client.
        files: where it is stored when it is large.
        now: the time, in seconds.
    """

    def __init__(self, connection: RequestSocket, limits: Limits, files: RequestFiles, now: float) -> None:
        super().__init__(limits, now)
        self._connection = connection
        self._request = _RequestFile(files)

    def receive(self, now: float) -> bool:
        """Receive some data.

        Returns:
            Whether the request is complete; the connection then returns it.

        Raises:
            Refusal: the request is rejected.
            BlockingIOError: nothing has arrived.
            EOFError: the client has disconnected.
            OSError: the connection is broken, or the request cannot be stored.
        """
        had_head = self.framing.has_head
        self._request.keep(self._take(now))
        if self.framing.is_complete:
            self._connection.give_back(self._request, self.framing.unchunked_bytes)
        elif self.framing.expects_continue and not had_head:
            self._connection.send_continue()
        return self.framing.is_complete

    def _take(self, now: float) -> bytes:
        """The next bytes of this request; those of the next one stay in the socket."""
        if left := self.framing.body_left:
            data = self._connection.recv(min(left, _BODY_PIECE_BYTES))
            self.feed(data, now)
        else:
            used = self.feed(self._connection.recv(_HEAD_PIECE_BYTES, socket.MSG_PEEK), now)
            data = self._connection.recv(used) if used else b""
        if not data:
            raise EOFError
        return data

    def drop(self) -> None:
        """Give up."""
        self._request.close()


class RequestFiles:
    """The common limit for the large requests of a worker.

    Args:
        folder: for temporary files; None for the usual one.
        limit_bytes: of all of them; None for no limit.
    """

    def __init__(self, folder: str | None, limit_bytes: int | None) -> None:
        self.folder = folder
        self._limit_bytes = limit_bytes
        self._bytes = 0
        # A thread that has read a request closes its file.
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        """Count bytes; a negative number frees them.

        Raises:
            Refusal: there is no room for them.
        """
        with self._lock:
            if self._limit_bytes is not None and count > 0 and self._bytes + count > self._limit_bytes:
                raise no_room(self._limit_bytes)
            self._bytes += count


class _RequestFile(SpooledTemporaryFile[bytes]):
    """One request, in memory as long as it is small."""

    def __init__(self, files: RequestFiles) -> None:
        super().__init__(_IN_MEMORY_BYTES, dir=files.folder)
        self._files = files
        self._size = 0
        self._counted = 0

    def keep(self, data: bytes) -> None:
        """Write at the end.

        Raises:
            Refusal: there is no room for it.
            OSError: likewise.
        """
        self._size += len(data)
        if self._size > _IN_MEMORY_BYTES:
            self._files.add(self._size - self._counted)
            self._counted = self._size
        self.write(data)

    def close(self) -> None:
        """Remove it."""
        super().close()
        self._files.add(-self._counted)
        self._counted = 0
