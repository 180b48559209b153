"""Whether a site is ready: one round of checks at a time, in a thread of its own, with a time limit."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping

from django_pyz_runtime.serve.edge import request_ids
from django_pyz_runtime.serve.edge.checks import LIMIT_SECONDS, Check

PATIENCE_SECONDS = 30.0
"""How long a round may hang before the next one begins."""


log = logging.getLogger("django_pyz.health")


class Readiness:
    """The result of the checks, for any number of probes.

    A database that hangs would take a thread of the server for each probe, until none is left. Here it has one thread;
    the probe that began it gives up after a while, and all others get the last result at once.
    A connection may hang for hours where a new one would be answered, so another round begins after some time, each
    time after twice as long: the site is seen to be ready again, and few threads hang however long it takes.

    Args:
        checks: by their names; they raise where something is not ready.
        limit_seconds: how long a probe waits.
        patience_seconds: how long a round may hang before another begins; twice as long for each that hangs already.
    """

    def __init__(
        self,
        checks: Mapping[str, Check],
        limit_seconds: float = LIMIT_SECONDS,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        self._checks = checks
        self._limit_seconds = limit_seconds
        self._patience_seconds = patience_seconds
        self._lock = threading.Lock()
        self._round: _Round | None = None
        self._before: bool | None = None
        self._hanging: list[_Round] = []

    def __call__(self) -> bool:
        """Whether all checks pass; why one does not goes to the log."""
        with self._lock:
            current, is_mine = self._current()
            before = self._before
        left_seconds = max(0.0, self._limit_seconds - current.seconds)
        if not is_mine and before is not None and left_seconds:
            return before
        current.join(left_seconds)
        if is_mine and current.is_running:
            log.error("not ready: %s: no answer within %g seconds", current.checking, self._limit_seconds)
        return current.passes

    def _current(self) -> tuple[_Round, bool]:
        """The round that runs, and whether it begins now."""
        last = self._round
        if last and last.is_running and last.seconds < self._patience_seconds * 2 ** len(self._hanging):
            return last, False
        begun = _Round(self._checks)
        begun.start()
        if last:
            self._before = last.passes
            self._hanging = [some for some in (*self._hanging, last) if some.is_running]
        self._round = begun
        return begun, True


class _Round(threading.Thread):
    """All checks, one after the other. A server that ends does not wait for it.

    Args:
        checks: by their names.

    Attributes:
        checking: the name of the check that runs.
        passes: whether all have passed; not while one runs.
    """

    def __init__(self, checks: Mapping[str, Check]) -> None:
        super().__init__(name="readiness", daemon=True)
        self._checks = checks
        self._began = time.monotonic()
        self._is_over = False
        self._request = request_ids.current.get()
        self.checking = ""
        self.passes = False

    @property
    def is_running(self) -> bool:
        """Whether it is still running."""
        return self.is_alive() and not self._is_over

    @property
    def seconds(self) -> float:
        """How long ago it began."""
        return time.monotonic() - self._began

    def run(self) -> None:
        """Run all checks, so that the log names each failure."""
        request_ids.current.set(self._request)
        failing = False
        for name, check in self._checks.items():
            self.checking = name
            try:
                check()
            except Exception as error:
                log.error("not ready: %s: %s", name, error)
                failing = True
        self.passes = not failing
        self._is_over = True
