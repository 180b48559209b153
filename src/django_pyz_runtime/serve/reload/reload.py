"""A reload: the file that is there now is tried beside the server, then takes this master's place in its process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import TYPE_CHECKING

from django_pyz_runtime.serve.reload.arbiter import LOADING_SECONDS
from django_pyz_runtime.serve.reload.handover import Handover
from django_pyz_runtime.serve.reload.invocation import Invocation

if TYPE_CHECKING:
    from django_pyz_runtime.serve.reload.dry_run import Rehearsal

_FOR_THE_SERVICE = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_SIGNALS = tuple(getattr(signal, f"SIG{name}") for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH"))


class Succession:
    """The try of one successor at a time.

    Args:
        invocation: how this process was started.
        handover: says what is left to a successor.
    """

    def __init__(self, invocation: Invocation, handover: Callable[[], Handover]) -> None:
        self._invocation = invocation
        self._handover = handover
        self._rehearsal: Rehearsal | None = None
        self._version: tuple[tuple[int, ...], ...] = ()
        self._is_wanted_again = False
        self._is_proven = False

    def begin(self) -> None:
        """Try the file that is there now. One that is being tried is tried once more, or given up where it has changed.

        Raises:
            OSError: it cannot be started.
        """
        # Not before there is a need, as most of what it imports has no other use here.
        from django_pyz_runtime.serve.reload.dry_run import Rehearsal

        version = self._invocation.version()
        if self._rehearsal and version == self._version:
            self._is_wanted_again = True
            return
        self.stop()
        self._version = version
        environ = self._invocation.variables(self._handover(), *_FOR_THE_SERVICE)
        self._rehearsal = Rehearsal(
            self._invocation.command("--check"), environ, self._invocation.folder, LOADING_SECONDS
        )

    def verdict(self) -> str | None:
        """What became of the try: "" where all is well, else what is wrong; None while there is nothing to say.

        That all is well holds until the place was taken, or another try has begun.

        Raises:
            OSError: the file has changed meanwhile, and cannot be started.
        """
        if self._is_proven:
            return ""
        verdict = self._rehearsal.verdict() if self._rehearsal else None
        if verdict is None:
            return None
        self._rehearsal = None
        if self._is_wanted_again or self._version != self._invocation.version():
            self._is_wanted_again = False
            self.begin()
            return None
        self._is_proven = verdict == ""
        return verdict

    def take_place(self, is_called: Callable[[], bool]) -> None:
        """Become the successor, unless there is a signal to be handled first. Those that come now wait for it.

        Args:
            is_called: whether there is one, of those that came before.

        Raises:
            OSError: it cannot be executed; all is as before.
        """
        self._is_proven = False
        folder = os.getcwd()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            if is_called():
                self._is_proven = True
            else:
                self._invocation.execute(self._handover())
        finally:
            os.chdir(folder)
            allow_signals()

    def stop(self) -> None:
        """Give up a try, and what it has proven."""
        self._is_proven = False
        if self._rehearsal:
            self._rehearsal.stop()
            self._rehearsal = None


def allow_signals() -> None:
    """Let through what a predecessor has held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
