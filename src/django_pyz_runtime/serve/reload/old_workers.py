"""The workers of the previous master, which serve until those of this one can."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterable


class OldWorkers:
    """Child processes that this master has not started itself.

    Args:
        pids: their process ids.
        patience_seconds: how long they may take to end.
    """

    def __init__(self, pids: Iterable[int], patience_seconds: float) -> None:
        self._pids = set(pids)
        self._patience_seconds = patience_seconds
        self._told: float | None = None

    def look(self) -> list[int]:
        """The running ones, in order. Those that have exceeded their time to stop are killed."""
        self._pids = {pid for pid in self._pids if is_there(pid)}
        if self.told_seconds_ago > self._patience_seconds:
            self._send(signal.SIGKILL)
        return sorted(self._pids)

    @property
    def are_leaving(self) -> bool:
        """Whether they were told to end."""
        return self._told is not None

    @property
    def told_seconds_ago(self) -> float:
        """The seconds since they were first told to end; less than 0 where nobody did."""
        return -1 if self._told is None else time.monotonic() - self._told

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop them after their requests; with SIGQUIT, at once."""
        self.look()
        self._send(how)
        self._told = self._told or time.monotonic()

    def wait(self) -> None:
        """Wait until they have exited or been killed."""
        while self.look():
            time.sleep(0.05)

    def _send(self, how: signal.Signals) -> None:
        for pid in self._pids:
            os.kill(pid, how)


def is_there(pid: int) -> bool:
    """Whether a child has not ended; one that has is reaped, so the number can be no other process's."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] == 0
    except ChildProcessError:
        return False
