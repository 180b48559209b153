"""Upgrades a running server: replaces the file, and sends a signal."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

from benchmarks.errors import BenchmarkError
from benchmarks.servers import Running
from benchmarks.soak.processes import living_children, process_table
from benchmarks.soak.releases import Program, served_on

_RELOAD_SECONDS = 60.0
"""How long a server may take to report a reload."""
_FAREWELL_SECONDS = 60.0
"""How long its old workers may take to end after that."""
_GLANCE_SECONDS = 0.1


@dataclass(frozen=True)
class Upgrade:
    """The result of an upgrade.

    Attributes:
        start: the time.perf_counter() value at the signal.
        ready: when the server reported READY again.
        end: when the old workers had ended, or the upgrade had failed.
        problem: the error; "" if none.
    """

    start: float
    ready: float
    end: float
    problem: str = ""

    def overlaps(self, start: float, end: float) -> bool:
        """Whether it overlaps a time span."""
        return start <= self.end and end >= self.start


def upgrade(server: Running, program: Program) -> Upgrade:
    """Upgrade a server, and wait until the old workers have ended.

    Args:
        server: serves the program.
        program: its file.
    """
    server.notices.forget()
    former = living_children(process_table(), server.master)
    release = program.put_next()
    start = time.perf_counter()
    os.kill(server.master, signal.SIGHUP)
    ready, problem = start, ""
    try:
        ready = _wait_until_ready(server)
        _wait_until_gone(server, former)
        # Only new workers are left.
        if (found := served_on(server.setup.port)) != release:
            raise BenchmarkError(f"wanted release {release} to answer, found {found}")
    except BenchmarkError as error:
        problem = str(error)
    return Upgrade(start, ready, time.perf_counter(), problem)


def _wait_until_ready(server: Running) -> float:
    for line in ("RELOADING=1", "READY=1"):
        moment = server.notices.wait_for(line, _RELOAD_SECONDS, server.has_ended)
        if moment is None:
            raise BenchmarkError(f"the server did not say {line} within {_RELOAD_SECONDS:.0f} s")
    return time.perf_counter()


def _wait_until_gone(server: Running, former: list[int]) -> None:
    deadline = time.perf_counter() + _FAREWELL_SECONDS
    while left := set(former).intersection(living_children(process_table(), server.master)):
        if time.perf_counter() > deadline:
            raise BenchmarkError(f"old workers are still running after {_FAREWELL_SECONDS:.0f} s: {sorted(left)}")
        time.sleep(_GLANCE_SECONDS)
