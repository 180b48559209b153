"""A reload: a dry run of the file that is there now, which then takes this master's place in its process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

from django_pyz_runtime.serve.reload.arbiter import LOADING_SECONDS
from django_pyz_runtime.serve.reload.dry_run import GOOD, PENDING, DryRun, Verdict
from django_pyz_runtime.serve.reload.handover import Handover
from django_pyz_runtime.serve.reload.invocation import Invocation

_FOR_THE_SERVICE = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_SIGNALS = tuple(getattr(signal, f"SIG{name}") for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH"))


class Reload:
    """Reloads one after the other, each of them a dry run first.

    Args:
        invocation: how this process was started.
        handover: says what is left to the next master.
    """

    def __init__(self, invocation: Invocation, handover: Callable[[], Handover]) -> None:
        self._invocation = invocation
        self._handover = handover
        self._dry_run: DryRun | None = None
        self._version: tuple[tuple[int, ...], ...] = ()
        self._is_wanted_again = False
        self._is_proven = False

    def follow(self, take_over: Callable[[], None], *, is_wanted: bool = False) -> str:
        """Go on with a reload, as often as there is time for it.

        Args:
            take_over: called while the file is known to work: it calls `take_place`.
            is_wanted: whether a reload has been asked for just now.

        Returns:
            Why the reload is refused; "" where there is nothing to say.
        """
        try:
            if is_wanted:
                self._begin()
            verdict = self._verdict()
            if verdict.is_good:
                take_over()
            return verdict.refusal
        except OSError as error:
            return str(error)

    def _begin(self) -> None:
        """Start a dry run. One that runs is repeated once it has ended, or given up where the file has changed.

        Raises:
            OSError: it cannot be started.
        """
        version = self._invocation.version()
        if self._dry_run and version == self._version:
            self._is_wanted_again = True
            return
        self.stop()
        self._version = version
        environ = self._invocation.variables(self._handover(), *_FOR_THE_SERVICE)
        command = self._invocation.command("--check")
        self._dry_run = DryRun(command, environ, self._invocation.folder, LOADING_SECONDS)

    def _verdict(self) -> Verdict:
        """What the dry run has shown. A good verdict holds until the place was taken, or another dry run has begun.

        Raises:
            OSError: the file has changed meanwhile, and cannot be started.
        """
        if self._is_proven:
            return GOOD
        verdict = self._dry_run.verdict() if self._dry_run else PENDING
        if verdict.is_pending:
            return PENDING
        self._dry_run = None
        if self._is_wanted_again or self._version != self._invocation.version():
            self._is_wanted_again = False
            self._begin()
            return PENDING
        self._is_proven = verdict.is_good
        return verdict

    def take_place(self, is_called: Callable[[], bool]) -> None:
        """Start the next master in this process, unless a signal is to be handled first. Later ones wait for it.

        Args:
            is_called: whether a signal has come before.

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
        """Give up a dry run, and what it has proven."""
        self._is_proven = False
        if self._dry_run:
            self._dry_run.stop()
            self._dry_run = None


def allow_signals() -> None:
    """Let through what the master before has held back."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
