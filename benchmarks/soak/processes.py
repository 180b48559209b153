"""Samples a server's use of the machine."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from benchmarks.errors import BenchmarkError
from benchmarks.serving import pss_megabytes

_ZOMBIE = "Z"
_OWN = "Pss_Anon"


@dataclass(frozen=True)
class Process:
    """A process, from /proc/PID/stat (proc(5)).

    Attributes:
        parent: the process id of its parent.
        state: its letter.
    """

    parent: int
    state: str


@dataclass(frozen=True)
class Sample:
    """A sample of a server's resources.

    Attributes:
        moment: the time.perf_counter() value.
        master_kilobytes: memory (PSS) of the master.
        master_own_kilobytes: that part of it which is not mapped from files. The rest depends on who else on the
            machine has the same files mapped.
        worker_kilobytes: the same for a worker, on average.
        worker_own_kilobytes: likewise.
        descriptors: the master's open ones.
        worker_descriptors: a worker's open ones, on average.
        processes: the master and all below it.
        zombies: those of them that have ended but were not reaped.
    """

    moment: float
    master_kilobytes: float
    master_own_kilobytes: float
    worker_kilobytes: float
    worker_own_kilobytes: float
    descriptors: float
    worker_descriptors: float
    processes: float
    zombies: float


def sample(master: int) -> Sample:
    """Sample a server.

    Args:
        master: its process id.

    Raises:
        BenchmarkError: it is gone, or has no workers.
    """
    table = process_table()
    workers = living_children(table, master)
    below = descendants(table, master)
    try:
        return Sample(
            moment=time.perf_counter(),
            master_kilobytes=pss_megabytes(master) * 1024,
            master_own_kilobytes=pss_megabytes(master, _OWN) * 1024,
            worker_kilobytes=mean(map(pss_megabytes, workers)) * 1024,
            worker_own_kilobytes=mean(pss_megabytes(worker, _OWN) for worker in workers) * 1024,
            descriptors=_descriptors(master),
            worker_descriptors=mean(map(_descriptors, workers)),
            processes=1 + len(below),
            zombies=sum(table[pid].state == _ZOMBIE for pid in below),
        )
    except (OSError, ValueError) as error:
        raise BenchmarkError(f"the server, process {master}, with the workers {workers}: {error}") from None


def process_table(proc: Path = Path("/proc")) -> dict[int, Process]:
    """All processes by their id.

    Args:
        proc: where the process file system is mounted.
    """
    found = {}
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            except (FileNotFoundError, ProcessLookupError):  # it has ended
                continue
            # The name before it, in parentheses, may have spaces and parentheses.
            state, parent, *_ = text.rpartition(")")[2].split()
            found[int(folder.name)] = Process(int(parent), state)
    return found


def living_children(table: Mapping[int, Process], parent: int) -> list[int]:
    """The process ids of a process's children that have not ended."""
    return [pid for pid, process in table.items() if process.parent == parent and process.state != _ZOMBIE]


def descendants(table: Mapping[int, Process], ancestor: int) -> set[int]:
    """The process ids of all below a process."""
    children = {pid for pid, process in table.items() if process.parent == ancestor}
    return children.union(*(descendants(table, child) for child in children))


def _descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))
