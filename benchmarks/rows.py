"""The rows of the table: what is run, against what, and what is wanted of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

from benchmarks import installed, measure, servers, serving
from benchmarks.bench import Bench
from benchmarks.candidates import (
    MANAGE,
    NOOP,
    OURS,
    OURS_INSTALLED,
    PEX_VENV,
    SHIV,
    SHIV_COMPILED,
    VENV,
    Candidates,
)
from benchmarks.commands import tell
from benchmarks.figures import Compare, Row, Target
from benchmarks.measure import Case, cold, interleaved, order, warm
from benchmarks.projects import SAMPLE, SITE

PASS = "python -c pass in the venv"
WARM_START, COLD_START = "start-up overhead", "overhead of the first start"
_BYTES = 1e6
_OVERHEAD = Target(8.0)
_COLD_TARGETS = {SAMPLE: Target(2.0), SITE: Target(1.7)}


def overhead(bench: Bench) -> Iterator[Row]:
    """A program that does nothing, against Python that does nothing."""
    for name in bench.scale.projects:
        # With compiled bytecode, shiv starts as without that option.
        peers = [peer for peer in bench.scale.peers if peer != SHIV_COMPILED]
        cases = _noop(bench, bench.project(name), warm, (OURS, *peers))
        values = interleaved(cases, bench.scale.overhead, measure.milliseconds)
        yield Row(WARM_START, name, "ms", values, {OURS: _OVERHEAD}, Compare.DIFFERENCE)


def files(bench: Bench) -> Iterator[Row]:
    """The same for packages of many sizes, warm and cold."""
    for count in bench.scale.files:
        candidates, name = bench.generated(count), f"{count:,} files"
        cases = _noop(bench, candidates, warm, (OURS, SHIV, PEX_VENV))
        values = interleaved(cases, bench.scale.files_warm, measure.milliseconds)
        yield Row(WARM_START, name, "ms", values, {OURS: _OVERHEAD}, Compare.DIFFERENCE, count)
        cases = _noop(bench, candidates, cold, (OURS, SHIV, PEX_VENV))
        values = interleaved(cases, bench.scale.files_cold, measure.milliseconds)
        yield Row(COLD_START, name, "ms", values, {}, Compare.DIFFERENCE, count)


def _noop(bench: Bench, candidates: Candidates, temperature: Callable[..., Case], names: tuple[str, ...]) -> list[Case]:
    base = warm(PASS, [candidates.project.python, "-c", "pass"], bench.homes)
    return [base, *(temperature(name, [candidates.file(name, NOOP)], bench.homes) for name in names)]


def check(bench: Bench) -> Iterator[Row]:
    """Django's `check`, with everything unpacked."""
    for name in bench.scale.projects:
        cases = _check(bench, bench.project(name), (OURS, *bench.scale.peers))
        values = interleaved(cases, bench.scale.check, measure.milliseconds)
        yield Row("check, warm", name, "ms", values, {OURS: Target(1.0)})


def memory(bench: Bench) -> Iterator[Row]:
    """The peak memory of the same."""
    for name in bench.scale.projects:
        cases = _check(bench, bench.project(name), (OURS, SHIV, PEX_VENV))
        values = interleaved(cases, bench.scale.memory, measure.peak_megabytes)
        yield Row("peak memory of check", name, "MB", values, {OURS: Target(1.05)})


def first_check(bench: Bench) -> Iterator[Row]:
    """The same as the first use of a file, compared with the warm virtual environment."""
    for name in bench.scale.projects:
        candidates, targets = bench.project(name), {OURS: _COLD_TARGETS[name], OURS_INSTALLED: Target(1.0)}
        program = installed.install(candidates.file(OURS, MANAGE), bench.empty_folder(f"{name}-installed"))
        cases = [*_check(bench, candidates, ()), cold(OURS_INSTALLED, [program, "check"], bench.homes)]
        for candidate in (OURS, *bench.scale.peers):
            cases.append(cold(candidate, [candidates.file(candidate, MANAGE), "check"], bench.homes))
        values = interleaved(cases, bench.scale.cold, measure.milliseconds)
        yield Row("check, cold", name, "ms", values, targets)


def _check(bench: Bench, candidates: Candidates, names: tuple[str, ...]) -> list[Case]:
    manage = [candidates.project.python, candidates.project.source / "manage.py", "check"]
    others = [warm(name, [candidates.file(name, MANAGE), "check"], bench.homes) for name in names]
    return [warm(VENV, manage, bench.homes), *others]


def size(bench: Bench) -> Iterator[Row]:
    """The file sizes. Ours includes bytecode and collected static files."""
    for name in bench.scale.projects:
        candidates = bench.project(name)
        paths = {candidate: candidates.file(candidate, MANAGE) for candidate in (SHIV, OURS, PEX_VENV)}
        values = {candidate: [path.stat().st_size / _BYTES] for candidate, path in paths.items()}
        yield Row("file size", name, "MB", values, {OURS: Target(1.0)} if name == SITE else {})


def build(bench: Bench) -> Iterator[Row]:
    """From the project's folder to the file, with all packages in the installers' caches."""
    for name in bench.scale.projects:
        candidates = bench.project(name)
        ours_uv, ours_pip = f"{OURS}, uv", f"{OURS}, pip"
        builds: dict[str, Callable[[Path], None]] = {
            SHIV: candidates.build_shiv,
            "shiv of what is installed": partial(candidates.build_staged_shiv, entry_point=MANAGE),
            ours_uv: candidates.build_ours_with_uv,
        }
        if bench.scale.with_pip:
            builds[ours_pip] = candidates.build_ours_with_pip
        folder = bench.empty_folder(f"{name}-builds")
        # Fills pip's cache; creating the virtual environment filled uv's.
        candidates.build_shiv(folder / "first.pyz")
        values = _timed_builds(builds, folder, bench.scale.build, name)
        yield Row("build", name, "s", values, {ours_uv: Target(0.5), ours_pip: Target(1.0)})


def _timed_builds(
    builds: Mapping[str, Callable[[Path], None]], folder: Path, rounds: int, project: str
) -> dict[str, list[float]]:
    values: dict[str, list[float]] = {name: [] for name in builds}
    for number, names in enumerate(order(list(builds), rounds)):
        for position, name in enumerate(names):
            tell(f"{project}: build {number + 1} of {rounds}, {name}")
            start = time.perf_counter()
            builds[name](folder / f"{number}-{position}.pyz")
            values[name].append(time.perf_counter() - start)
    return values


def serve(bench: Bench) -> Iterator[Row]:
    """Requests a second and memory of the sample's server."""
    setups = servers.prepare(bench.project(SAMPLE), bench.homes, bench.empty_folder("serving"))
    yield from serving.serving_rows(setups, bench.scale.serving, bench.scale.serving_seconds)


def ready(bench: Bench) -> Iterator[Row]:
    """The start of the sample's server."""
    setups = servers.prepare(bench.project(SAMPLE), bench.homes, bench.empty_folder("ready"))
    yield from serving.ready_rows(setups, bench.scale.ready)


ROWS: Mapping[str, Callable[[Bench], Iterator[Row]]] = {
    "overhead": overhead,
    "check": check,
    "cold": first_check,
    "size": size,
    "build": build,
    "memory": memory,
    "serving": serve,
    "ready": ready,
    "files": files,
}
"""By the name that --only takes, in the order of the table."""
