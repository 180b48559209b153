"""The report of a soak test, as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence

from benchmarks.soak.outcome import Course, Outcome, course
from benchmarks.table import line

_TOLD_PROBLEMS = 5
_TOLD_LINES = 40
"""Lines of the server's log to show on problems."""


def markdown(outcome: Outcome, notes: Sequence[str]) -> str:
    """The report.

    Args:
        outcome: the result.
        notes: lines about the machine, the server and the clients.
    """
    tables = [*_counts(outcome), "", *_waits(outcome), "", *_courses(outcome)]
    lines = [*(f"- {note}" for note in notes), "", *tables, *_evidence(outcome)]
    return "\n".join(lines) + "\n"


def _counts(outcome: Outcome) -> Iterator[str]:
    failed, upgrades = sum(bool(answer.problem) for answer in outcome.answers), outcome.upgrades
    yield line(("Figure", "Value"))
    yield line(("---", "---:"))
    yield line(("requests", f"{len(outcome.answers):,}"))
    yield line(("of them failed", f"{failed:,}"))
    yield line(("upgrades", f"{len(upgrades):,}"))
    yield line(("of them failed", f"{sum(bool(upgrade.problem) for upgrade in upgrades):,}"))
    if good := [upgrade.ready - upgrade.start for upgrade in upgrades if not upgrade.problem]:
        yield line(("from the signal to READY, median", f"{statistics.median(good):.1f} s"))
        yield line(("from the signal to READY, longest", f"{max(good):.1f} s"))


def _waits(outcome: Outcome) -> Iterator[str]:
    yield line(("Wait", "Median", "99 of 100", "Longest"))
    yield line(["---"] + ["---:"] * 3)
    for title, at_upgrade in (("at an upgrade", True), ("otherwise", False)):
        if waits := outcome.waits(at_upgrade=at_upgrade):
            chosen = (waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1])
            yield line((title, *(f"{seconds * 1000:,.0f} ms" for seconds in chosen)))


def _courses(outcome: Outcome) -> Iterator[str]:
    samples = outcome.settled()
    yield line(("Between upgrades", "First", "Last", "Least", "Most", "Slope, a minute"))
    yield line(["---"] + ["---:"] * 5)
    if not samples:
        return
    yield _line("memory (PSS) of the master", course(samples, lambda sample: sample.master_kilobytes), " KB")
    yield _line("of that not from files", course(samples, lambda sample: sample.master_own_kilobytes), " KB")
    yield _line("memory (PSS) of a worker", course(samples, lambda sample: sample.worker_kilobytes), " KB")
    yield _line("of that not from files", course(samples, lambda sample: sample.worker_own_kilobytes), " KB")
    yield _line("open descriptors of the master", course(samples, lambda sample: sample.descriptors))
    yield _line("open descriptors of a worker", course(samples, lambda sample: sample.worker_descriptors))
    yield _line("processes", course(samples, lambda sample: sample.processes))
    yield _line("zombies", course(samples, lambda sample: sample.zombies))


def _line(title: str, figure: Course, unit: str = "") -> str:
    # Counts have no fractions, except averages.
    values = [f"{value:,.{0 if unit or value == int(value) else 1}f}{unit}" for value in _values(figure)]
    return line((title, *values, f"{figure.slope:+,.2f}{unit}"))


def _values(figure: Course) -> tuple[float, ...]:
    return figure.first, figure.last, figure.least, figure.most


def _evidence(outcome: Outcome) -> Iterator[str]:
    """The problems and the end of the server's log; empty if there were none."""
    if problems := outcome.problems:
        yield from ("", f"**{len(problems):,} failed.** The first of them:", "", "```")
        yield from problems[:_TOLD_PROBLEMS]
        yield from ("```", "", "The end of the server's log:", "", "```")
        yield from outcome.log.splitlines()[-_TOLD_LINES:]
        yield "```"
