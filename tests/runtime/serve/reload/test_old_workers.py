"""The workers of the master before."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

from django_pyz_runtime.serve.reload.old_workers import OldWorkers
from tests.waiting import DEADLINE_SECONDS

SLEEPS = "import time; print('ready', flush=True); time.sleep(600)"


@contextlib.contextmanager
def _child(code: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as child:
        try:
            assert child.stdout
            assert child.stdout.readline() == b"ready\n"
            yield child
        finally:
            child.kill()


def test_old_workers_are_ended_and_forgotten() -> None:
    with _child(SLEEPS) as child:
        old_workers = OldWorkers([child.pid, os.getppid()], 60)
        assert old_workers.look() == [child.pid]  # the other is no child of this process
        old_workers.end()
        old_workers.wait()
        assert old_workers.look() == []
        assert child.wait(DEADLINE_SECONDS) in (0, -signal.SIGTERM)  # 0 where it has been reaped before


def test_old_workers_that_do_not_end_are_killed() -> None:
    with _child(f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPS}") as child:
        old_workers = OldWorkers([child.pid], 0.2)
        old_workers.end()
        old_workers.wait()
        assert old_workers.look() == []
        assert child.stdout
        assert child.stdout.read() == b""
