"""A dry run of the file and the configuration that are there now, beside the server, which goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO, NamedTuple

PROOF = "the site can be served"
"""What `runserve --check` says last, and only where it is so."""

_TIDY_SECONDS = 2.0
"""The time that it has to take away what it was about to unpack."""


class Verdict(NamedTuple):
    """What a dry run has shown: nothing yet, that the site can be served, or that it cannot.

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
            # Rather than pipes, which somebody would have to empty.
            self._out = files.enter_context(tempfile.TemporaryFile())
            self._errors = files.enter_context(tempfile.TemporaryFile())
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
        """What it has shown so far.

        The proof is that it says so, and not its exit code: whoever reaps all children may have taken that.
        """
        if self._process.poll() is None:
            if time.monotonic() < self._deadline:
                return PENDING
            verdict = Verdict(refusal=f"it was not ready after {self._limit_seconds:.0f} s\n{_text(self._errors)}")
        elif _text(self._out).rstrip().endswith(PROOF):
            verdict = GOOD
        else:
            verdict = Verdict(refusal=_text(self._errors).strip() or "it ended without a word")
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
