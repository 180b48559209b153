"""Rows about servers: requests, memory, and the time to start."""

from __future__ import annotations

import contextlib
import re
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks import load
from benchmarks.candidates import OURS
from benchmarks.figures import Row, Target
from benchmarks.measure import order
from benchmarks.projects import PLAIN_PATH, SAMPLE
from benchmarks.servers import Running, Setup, running


def serving_rows(setups: Sequence[Setup], rounds: int, seconds: float) -> Iterator[Row]:
    """All servers run at the same time and get requests in turn.

    Args:
        setups: the servers, the base first.
        rounds: how many rounds.
        seconds: how long each gets requests in each round.
    """
    names = [setup.name for setup in setups]
    rate: dict[str, list[float]] = {name: [] for name in names}
    worker: dict[str, list[float]] = {name: [] for name in names}
    master: dict[str, list[float]] = {name: [] for name in names}
    with contextlib.ExitStack() as stack:
        servers = {setup.name: stack.enter_context(running(setup)) for setup in setups}
        for server in servers.values():
            load.requests_per_second(server.setup.port, PLAIN_PATH, seconds)
        for turn in order(names, rounds):
            for name in turn:
                rate[name].append(load.requests_per_second(servers[name].setup.port, PLAIN_PATH, seconds))
            for name in names:
                worker[name].append(_worker_megabytes(servers[name]))
                master[name].append(pss_megabytes(servers[name].master))
    yield Row("requests a second", SAMPLE, "/s", rate, {OURS: Target(1.0, is_least=True)})
    yield Row("memory (PSS) of a worker", SAMPLE, "MB", worker, {OURS: Target(1.0)})
    yield Row("memory (PSS) of the master", SAMPLE, "MB", master, {OURS: Target(1.02)})


def ready_rows(setups: Sequence[Setup], rounds: int) -> Iterator[Row]:
    """Each server is started alone, repeatedly.

    Args:
        setups: the servers, the base first.
        rounds: how many rounds.
    """
    names = [setup.name for setup in setups]
    by_name = dict(zip(names, setups, strict=True))
    ready: dict[str, list[float]] = {name: [] for name in names}
    answer: dict[str, list[float]] = {name: [] for name in names}
    for setup in setups:
        _start(setup)
    for turn in order(names, rounds):
        for name in turn:
            times = _start(by_name[name])
            ready[name].append(times[0])
            answer[name].append(times[1])
    # gunicorn reports READY before it has loaded the site, ours when a worker can serve: no target.
    yield Row("start of the server to READY", SAMPLE, "ms", ready)
    yield Row("start of the server to the first answer", SAMPLE, "ms", answer, {OURS: Target(1.0)})


def _start(setup: Setup) -> tuple[float, float]:
    """Milliseconds to READY and to the first answer."""
    with running(setup) as server:
        # It already listens: the connection waits until a worker accepts it.
        return server.ready_ms, load.ask_since(server.started, setup.port, PLAIN_PATH)


def _worker_megabytes(server: Running) -> float:
    return statistics.mean(map(pss_megabytes, server.workers()))


def pss_megabytes(pid: int, part: str = "Pss") -> float:
    """The proportional set size of a process (proc(5), smaps_rollup).

    Args:
        pid: of the process.
        part: Pss for all of it; Pss_Anon without memory mapped from files.
    """
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    [kilobytes] = re.findall(rf"^{part}:\s+(\d+) kB$", text, re.MULTILINE)
    return int(kilobytes) / 1024
