"""A try of the file that is there now, with the configuration that is there now, beside the server that goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from typing import IO

PROOF = "the site can be served"
"""What `runserve --check` says last, and only where it is so."""

_TIDY_SECONDS = 2.0
"""The time that it has to take away what it was about to unpack."""


class Rehearsal:
    """A running `runserve --check`.

    Args:
        command: program and arguments.
        environ: its environment.
        folder: where it runs.
        limit_seconds: after which it is given up.
    """

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], folder: str, limit_seconds: float) -> None:
        # Files rather than pipes, which somebody would have to empty.
        self._out, self._errors = _file(), _file()
        self._limit_seconds = limit_seconds
        self._deadline = time.monotonic() + limit_seconds
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=self._out,
            stderr=self._errors,
            start_new_session=True,
        )

    def verdict(self) -> str | None:
        """None while it runs; "" where all is well, else what is wrong.

        That it says so is the proof, not its exit code: whoever reaps all children may have taken that.
        """
        if self._process.poll() is None:
            if time.monotonic() < self._deadline:
                return None
            reason = f"it was not ready after {self._limit_seconds:.0f} s\n{_text(self._errors)}"
        elif _text(self._out).rstrip().endswith(PROOF):
            reason = ""
        else:
            reason = _text(self._errors).strip() or "it ended without a word"
        self.stop()
        return reason

    def stop(self) -> None:
        """End it, where it still runs, and what it has started."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_TIDY_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._out.close()
        self._errors.close()


def _file() -> IO[bytes]:
    return tempfile.TemporaryFile()


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")
