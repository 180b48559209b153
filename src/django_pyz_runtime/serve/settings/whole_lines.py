"""Keeps log lines whole, however long, when several processes write to one pipe, such as a container's log.

The kernel mixes writes of more than 4 KiB where a pipe is full (pipe(7), PIPE_BUF); so long is the line of a traceback.
"""

from __future__ import annotations

import fcntl
import logging
import os
import stat
import threading
from typing import Any, TextIO

from django_pyz_runtime.serve.anonymous_file import anonymous_file

_lock = anonymous_file()
"""Forked processes share it. The system releases it when a process is killed."""


class _WholeLines:
    """A stream for logging's handlers, which write an event at once.

    Args:
        stream: a pipe.
    """

    threads = threading.RLock()
    """The other lock is a process's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:
        """All else is the stream's."""
        return getattr(self._stream, name)

    def write(self, text: str) -> None:
        """Write all of it, with nothing of others in between."""
        with self.threads:
            fcntl.lockf(_lock, fcntl.LOCK_EX)
            try:
                self._stream.write(text)
                self._stream.flush()
            finally:
                fcntl.lockf(_lock, fcntl.LOCK_UN)


def _renew_lock() -> None:
    _WholeLines.threads = threading.RLock()


# A thread that writes while another one forks is not there to give it back.
os.register_at_fork(after_in_child=_renew_lock)


def keep_whole(handler: logging.Handler) -> None:
    """Make a handler that writes to a pipe keep its lines whole."""
    if not isinstance(handler, logging.StreamHandler) or isinstance(handler.stream, _WholeLines):
        return
    try:
        is_pipe = stat.S_ISFIFO(os.fstat(handler.stream.fileno()).st_mode)
    except (AttributeError, OSError, ValueError):  # it is no file, or closed
        return
    if is_pipe:
        handler.setStream(_WholeLines(handler.stream))
