"""Runs a soak test."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.candidates import OURS
from benchmarks.commands import CHECKOUT, succeed, tell
from benchmarks.errors import BenchmarkError
from benchmarks.projects import SAMPLE
from benchmarks.server_settings import SOAK_INI
from benchmarks.servers import Running, Setup, free_ports, running
from benchmarks.soak import releases
from benchmarks.soak.outcome import Outcome
from benchmarks.soak.processes import Sample, sample
from benchmarks.soak.releases import Program
from benchmarks.soak.traffic import Answer, Crowd, traffic
from benchmarks.soak.upgrades import Upgrade, upgrade

_SAMPLE_SECONDS = 2.0
"""Seconds between two samples."""
_IMPORTS = 20
"""How often the sample's reports are imported: with this many, those that clients add neither slow down the pages nor
grow SQLite's cache, which would look like a leak."""
_REPORTS = CHECKOUT / "src" / "project" / "crashstats" / "fixtures" / "sample_crashes.jsonl"


@dataclass(frozen=True)
class Plan:
    """The parameters of a soak test.

    Attributes:
        minutes: the duration.
        every_seconds: from the start of one upgrade to that of the next, unless it takes longer.
        crowd: the clients.
    """

    minutes: float
    every_seconds: float
    crowd: Crowd = field(default_factory=Crowd)

    def __str__(self) -> str:
        crowd = self.crowd
        clients = (
            f"{crowd.keeping} clients that keep their connection, {crowd.plain} that do not, {crowd.slow} slow ones"
        )
        return f"{self.minutes:g} minutes, an upgrade every {self.every_seconds:g} s; {clients}"


def soak(bench: Bench, plan: Plan) -> Outcome:
    """Serve the sample with traffic and upgrades, and sample its resources.

    Raises:
        BenchmarkError: it does not start, or ends early.
    """
    folder = bench.empty_folder("soak")
    program = Program(folder / "project-script", releases.build(bench.project(SAMPLE), folder))
    setup = _setup(program, dict(bench.homes.new()), folder)
    with running(setup) as server, traffic(setup.port, plan.crowd) as answers:
        upgrades, samples = _watch(server, program, plan, answers)
    return Outcome(answers, upgrades, samples, setup.log.read_text(encoding="utf-8", errors="replace"))


def _setup(program: Program, environment: dict[str, str], folder: Path) -> Setup:
    """Configure the server, and give it a database with thousands of reports in it."""
    [port] = free_ports(1)
    configuration = folder / "settings.ini"
    configuration.write_text(SOAK_INI.format(port=port), encoding="utf-8")
    configuration.chmod(0o600)
    command = (str(program.path), "--config", str(configuration))
    succeed([*command, "migrate"], environment)
    for _ in range(_IMPORTS):
        succeed([*command, "import_crashes", _REPORTS], environment)
    return Setup(OURS, (*command, "runserve"), environment, port, folder / "server.log")


def _watch(server: Running, program: Program, plan: Plan, answers: list[Answer]) -> tuple[list[Upgrade], list[Sample]]:
    upgrades: list[Upgrade] = []
    samples: list[Sample] = []
    start = time.perf_counter()
    next_upgrade = start + plan.every_seconds
    while (now := time.perf_counter()) < start + plan.minutes * 60:
        if now >= next_upgrade:
            upgrades.append(upgrade(server, program))
            next_upgrade = max(next_upgrade + plan.every_seconds, time.perf_counter())
            _tell(upgrades, answers)
        if server.has_ended():
            said = server.setup.log.read_text(encoding="utf-8", errors="replace")
            raise BenchmarkError(f"the server ended with code {server.process.returncode}\n{said[-4000:]}")
        server.notices.forget()
        samples.append(sample(server.master))
        time.sleep(_SAMPLE_SECONDS)
    return upgrades, samples


def _tell(upgrades: list[Upgrade], answers: list[Answer]) -> None:
    last, failed = upgrades[-1], sum(bool(answer.problem) for answer in answers)
    tell(
        f"upgrade {len(upgrades)}: ready after {last.ready - last.start:.1f} s{last.problem and f', {last.problem}'}; "
        f"{len(answers):,} requests so far, {failed} failed"
    )
