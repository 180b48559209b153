"""State that a master and its workers share: objects made before the fork, backed by one file."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable

from django_pyz_runtime.serve.anonymous_file import anonymous_file

_LINE_BYTES = 1000


class CheckOnce:
    """A check that runs once for all processes; the others wait for it, so that none serves before its end.

    The lock is one that the system gives back when a process ends (fcntl(2), advisory record locking).
    """

    def __init__(self) -> None:
        self._file = anonymous_file()

    def once(self, check: Callable[[], None]) -> None:
        """Run the check, unless it has already passed in some process."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            if not os.fstat(self._file).st_size:
                check()
                os.write(self._file, b"1")
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)

    def alone(self, act: Callable[[], None]) -> None:
        """Do something that one process does at a time."""
        fcntl.lockf(self._file, fcntl.LOCK_EX)
        try:
            act()
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN)


class SharedLine:
    """One line that a worker writes and all read, as often as they like; "" at first."""

    def __init__(self) -> None:
        self._file = anonymous_file()

    def write(self, text: str) -> None:
        """Replace the line; of a long one, keep the beginning."""
        os.pwrite(self._file, text.encode()[:_LINE_BYTES].ljust(_LINE_BYTES), 0)

    def read(self) -> str:
        """The line."""
        return os.pread(self._file, _LINE_BYTES, 0).decode(errors="replace").rstrip()


class WorkerMail:
    """A mailbox for one text from a worker to its master: of several workers that fail alike, one text is enough.

    Behind it is a pipe, which holds 64 KiB on Linux (pipe(7)), and one with a byte while there is room.
    """

    def __init__(self) -> None:
        self._out, self._in = _pipe()
        self._room, self._room_again = _pipe()
        os.write(self._room_again, b"1")

    def leave(self, text: str) -> None:
        """Leave a text if the mailbox is empty; of a very long one, the end."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._room, 1)
            os.write(self._in, text.encode()[-60_000:])

    def take(self) -> str:
        """The text that was left, or ""."""
        try:
            text = os.read(self._out, 65536).decode(errors="replace")
        except BlockingIOError:
            return ""
        os.write(self._room_again, b"1")
        return text


def _pipe() -> tuple[int, int]:
    """A pipe with non-blocking ends."""
    out, into = os.pipe()
    os.set_blocking(out, False)
    os.set_blocking(into, False)
    return out, into
