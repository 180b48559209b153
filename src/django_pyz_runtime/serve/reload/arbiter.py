"""gunicorn's arbiter with its own time limit for workers that load the site, and a stop that tolerates failed workers.

For gunicorn, `timeout` begins with a worker's first sign of life: the time that it takes to load the site has no limit
at all (gunicorn.workers.workertmp). Here it has a limit of its own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.workers.base import Worker

LOADING_SECONDS = 600
"""How long a worker may take to load the site, at most."""


class PatientArbiter(Arbiter):
    """The arbiter.

    Args:
        app: as for gunicorn. It calls `has_loaded` in each worker.
    """

    def __init__(self, app: BaseApplication) -> None:
        self._loading: dict[int, _Wait] = {}
        super().__init__(app)

    @property
    def loaded(self) -> int:
        """How many workers have loaded the site."""
        return len(self.WORKERS) - len(self._loading_workers())

    def _loading_workers(self) -> dict[int, Worker]:
        # With preload_app the site was loaded before any worker was there.
        return {pid: worker for pid, worker in self.WORKERS.items() if self.app.callable is None and _loads(worker)}

    def stop(self, graceful: bool = True) -> None:
        """Stop the workers; each one that failed would else end the stop with an exception of its own."""
        try:
            if graceful:
                self._end_idle_workers()
            super().stop(graceful)
        except HaltServer:
            self.stop(graceful)

    def _end_idle_workers(self) -> None:
        """Most workers end at once; gunicorn would first look a tenth of a second later."""
        self.kill_workers(signal.SIGTERM)
        deadline = time.monotonic() + 0.1
        while self.WORKERS and time.monotonic() < deadline:
            time.sleep(0.005)
            self.reap_workers()

    def have_patience(self) -> None:
        """Restart the clock of loading workers, as they have to wait for something."""
        self._loading = {}

    def murder_workers(self) -> None:
        """Replace the workers that do not respond."""
        loading = self._loading_workers()
        self._loading = {pid: self._loading.get(pid) or _Wait(self.timeout) for pid in loading}
        for pid, worker in loading.items():
            wait = self._loading[pid]
            if not wait.is_over:
                worker.notify()
            if self.log and wait.is_news():
                self.log.warning(
                    "Worker (pid:%s) has been loading the site for %d seconds; the limit is %d",
                    pid,
                    wait,
                    LOADING_SECONDS,
                )
        super().murder_workers()


class _Wait:
    """For one worker, from when it is first seen.

    Args:
        interval_seconds: between two log lines about it.
    """

    def __init__(self, interval_seconds: float) -> None:
        self._start = time.monotonic()
        self._interval_seconds = interval_seconds or 30
        self._told = 0

    def __int__(self) -> int:
        return int(time.monotonic() - self._start)

    @property
    def is_over(self) -> bool:
        """Whether it has lasted too long."""
        return int(self) > LOADING_SECONDS

    def is_news(self) -> bool:
        """True once in each interval."""
        intervals = int(int(self) // self._interval_seconds)
        told, self._told = self._told, intervals
        return intervals > told


def has_loaded(worker: Worker) -> None:
    """Tell the arbiter, from within a worker, that the site is loaded: the file that they share is no longer empty.

    The signal has it look at once; gunicorn takes SIGCHLD as no more than that.
    """
    os.write(worker.tmp.fileno(), b"1")
    # The file's time is its last sign of life, and by another clock than the one that writing goes by.
    worker.notify()
    with contextlib.suppress(PermissionError):  # a worker may run as another user
        os.kill(worker.ppid, signal.SIGCHLD)


def _loads(worker: Worker) -> bool:
    try:
        return os.fstat(worker.tmp.fileno()).st_size == 0
    except (OSError, ValueError):  # its file is closed: it has ended
        return False
