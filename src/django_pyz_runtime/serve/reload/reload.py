"""A reload: a dry run of the current file, which then replaces this master in its process.

The dry run is a process beside the server, which keeps serving.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import IO, NamedTuple

from django_pyz_runtime.serve.anonymous_file import anonymous_file
from django_pyz_runtime.serve.reload.arbiter import LOADING_SECONDS
from django_pyz_runtime.serve.reload.handover import Handover, Invocation
from django_pyz_runtime.serve.reload.notify import Notifier

PROOF = "the site can be served"
"""The last line of `runserve --check`, printed on success only."""

_TIDY_SECONDS = 2.0
"""How long a stopped dry run may take to remove what it was unpacking."""
_FOR_THE_SERVICE = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
_SIGNALS = tuple(getattr(signal, f"SIG{name}") for name in ("HUP", "INT", "QUIT", "TERM", "USR1", "USR2", "WINCH"))


class Verdict(NamedTuple):
    """The result of a dry run: none yet, the site can be served, or it cannot.

    Attributes:
        is_pending: whether it still runs.
        refusal: why the site cannot be served; "" where it can, or nothing is known yet.
    """

    is_pending: bool = False
    refusal: str = ""

    @property
    def is_good(self) -> bool:
        """Whether the site can be served."""
        return not self.is_pending and not self.refusal


PENDING, GOOD = Verdict(is_pending=True), Verdict()


class DryRun:
    """A running `runserve --check`.

    Args:
        command: program and arguments.
        environ: its environment.
        folder: where it runs.
        limit_seconds: after which it is given up.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: str, limit_seconds: float) -> None:
        # Most servers never come here.
        from subprocess import DEVNULL, Popen

        self._limit_seconds = limit_seconds
        self._deadline = time.monotonic() + limit_seconds
        with contextlib.ExitStack() as files:
            # Files rather than pipes, which would have to be read.
            self._out = files.enter_context(os.fdopen(anonymous_file(), "w+b"))
            self._errors = files.enter_context(os.fdopen(anonymous_file(), "w+b"))
            self._process = Popen(
                command,
                cwd=folder,
                env=environ,
                stdin=DEVNULL,
                stdout=self._out,
                stderr=self._errors,
                start_new_session=True,
            )
            self._files = files.pop_all()

    def verdict(self) -> Verdict:
        """The result so far.

        The proof is its output, not its exit code: code that reaps all children may have taken that.
        """
        if self._process.poll() is None:
            if time.monotonic() < self._deadline:
                return PENDING
            verdict = Verdict(refusal=f"it was not ready after {self._limit_seconds:.0f} s\n{_text(self._errors)}")
        elif _text(self._out).rstrip().endswith(PROOF):
            verdict = GOOD
        else:
            verdict = Verdict(refusal=_text(self._errors).strip() or "it exited without a message (killed?)")
        self.stop()
        return verdict

    def stop(self) -> None:
        """End it, where it still runs, and what it has started."""
        from subprocess import TimeoutExpired

        self._process.terminate()
        with contextlib.suppress(TimeoutExpired):
            self._process.wait(_TIDY_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._files.close()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


class Reload:
    """Runs reloads one after the other, each with a dry run first.

    Args:
        invocation: how this process was started.
        handover: says what is left to the next master.
        notifier: gets the progress.
    """

    def __init__(self, invocation: Invocation, handover: Callable[[], Handover], notifier: Notifier) -> None:
        self._invocation = invocation
        self._handover = handover
        self._notifier = notifier
        self._dry_run: DryRun | None = None
        self._version: tuple[tuple[int, ...], ...] = ()
        self._is_wanted_again = False
        self._is_proven = False

    @property
    def is_busy(self) -> bool:
        """Whether a dry run is in progress."""
        return self._dry_run is not None or self._is_proven

    def follow(self, take_over: Callable[[], None], *, is_wanted: bool = False) -> str:
        """Continue a reload; call this often.

        Args:
            take_over: called once the test has passed: it calls `take_place`.
            is_wanted: whether a reload was just requested.

        Returns:
            Why the reload is refused; "" if it is not.
        """
        try:
            if is_wanted:
                self._notifier.asked()
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
        self._dry_run = DryRun(command, environ, self._invocation.folder_now(), LOADING_SECONDS)

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
                self._invocation.execute(self._handover(), self._notifier.to_next())
        finally:
            os.chdir(folder)
            allow_signals()

    def stop(self) -> None:
        """Stop a dry run, and discard its result."""
        self._is_proven = False
        if self._dry_run:
            self._dry_run.stop()
            self._dry_run = None


def allow_signals() -> None:
    """Unblock the signals that the previous master has blocked."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
