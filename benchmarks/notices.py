"""Receives a server's messages to its service manager at NOTIFY_SOCKET (sd_notify(3))."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from types import TracebackType

_GLANCE_SECONDS = 0.5
"""The longest wait for one read from the socket."""


class Notices:
    """The manager's end of the socket, open until the end of a `with` block.

    Args:
        folder: where to create the socket; its path must be short (unix(7)).

    Attributes:
        address: the value of NOTIFY_SOCKET.
    """

    def __init__(self, folder: str) -> None:
        self.address = os.path.join(folder, "notify")
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.address)
        self._socket.settimeout(_GLANCE_SECONDS)

    def __enter__(self) -> Notices:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def wait_for(self, line: str, seconds: float, is_over: Callable[[], bool]) -> float | None:
        """Read until the server has sent a line.

        Args:
            line: such as READY=1.
            seconds: how long to wait, at most.
            is_over: whether the server has ended.

        Returns:
            The time.perf_counter() value at which it arrived; None if it did not.
        """
        deadline = time.perf_counter() + seconds
        while time.perf_counter() < deadline and not is_over():
            if line in self._next():
                return time.perf_counter()
        return None

    def forget(self) -> None:
        """Read all messages: the kernel queues only a few, then the server would block."""
        self._socket.setblocking(False)
        while self._next():
            pass
        self._socket.settimeout(_GLANCE_SECONDS)

    def _next(self) -> list[str]:
        """The lines of the next message; none if there is none."""
        try:
            return self._socket.recv(4096).decode().splitlines()
        except (TimeoutError, BlockingIOError):
            return []
