"""Runs of programs, interleaved: time from start to end, and peak memory."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.commands import PYTHON, failure, succeed
from benchmarks.homes import Homes

_PEAK_MEMORY = """
import os, sys
child = os.fork()
if child == 0:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(nowhere, descriptor)
    os.execvpe(sys.argv[1], sys.argv[1:], os.environ)
_, status, usage = os.wait4(child, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_maxrss)
"""
"""A process's peak includes its parent's memory at the fork, so the parent is small."""


@dataclass(frozen=True)
class Case:
    """A measured command.

    Attributes:
        name: of the candidate.
        command: program and arguments.
        home: the environment for the next run.
        is_cold: whether each run is a first start.
    """

    name: str
    command: tuple[str, ...]
    home: Callable[[], Mapping[str, str]]
    is_cold: bool = False


def warm(name: str, command: Sequence[object], homes: Homes) -> Case:
    """A case whose runs share the program's home; the first one, which fills it, is that of a warm-up round."""
    home = homes.kept(str(command[0]))
    return Case(name, tuple(map(str, command)), lambda: home)


def cold(name: str, command: Sequence[object], homes: Homes) -> Case:
    """A case whose runs each have an empty home."""
    return Case(name, tuple(map(str, command)), homes.new, is_cold=True)


def order(names: Sequence[str], rounds: int) -> Iterator[list[str]]:
    """The order of each round, alternating direction, so that none always follows the same case."""
    for number in range(rounds):
        yield list(names) if number % 2 == 0 else list(reversed(names))


def interleaved(cases: Sequence[Case], rounds: int, measure: Callable[[Case], float]) -> dict[str, list[float]]:
    """Measure all cases in every round, after a warm-up round.

    Args:
        cases: what to measure.
        rounds: how many rounds.
        measure: one run of one case.

    Returns:
        The values of each case by name, one per round.
    """
    by_name = {case.name: case for case in cases}
    for case in cases:
        if not case.is_cold:
            measure(case)
    values: dict[str, list[float]] = {name: [] for name in by_name}
    for names in order(list(by_name), rounds):
        for name in names:
            values[name].append(measure(by_name[name]))
    return values


def milliseconds(case: Case) -> float:
    """The time of one run, from before the start to after the end.

    Raises:
        BenchmarkError: it failed; the message has the output of a second run.
    """
    environment = dict(case.home())
    if case.is_cold:
        # Pending writes of earlier runs must not slow this one.
        os.sync()
    null = subprocess.DEVNULL
    start = time.perf_counter()
    code = subprocess.Popen(case.command, cwd="/", env=environment, stdin=null, stdout=null, stderr=null).wait()
    elapsed = time.perf_counter() - start
    if code:
        succeed(case.command, environment)
        raise failure(case.command, code, "(only once: a second run went well)")
    return elapsed * 1000


def peak_megabytes(case: Case) -> float:
    """The largest resident set of one run, or of the largest of its child processes.

    Raises:
        BenchmarkError: it failed; the message has the output of a second run.
    """
    environment = dict(case.home())
    said = succeed([PYTHON, "-ISc", _PEAK_MEMORY, *case.command], environment)
    code, kilobytes = map(int, said.split())
    if code:
        succeed(case.command, environment)
        raise failure(case.command, code, "(only once: a second run went well)")
    return kilobytes / 1024
