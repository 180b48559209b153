"""Measures the requested rows, and writes the report."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version

from benchmarks import chart, table
from benchmarks.bench import Bench
from benchmarks.candidates import PEX_VERSION
from benchmarks.commands import tell
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Row
from benchmarks.projects import TITLES
from benchmarks.rows import COLD_START, ROWS, WARM_START
from django_pyz_runtime.errors import UserError

_CANDIDATES = "Median over the rounds; spread: between the quartiles; to base: the median over the rounds."


@dataclass
class Report:
    """The result.

    Attributes:
        rows: the measured ones.
        failures: the rows that could not be measured, and why.
    """

    rows: list[Row] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def measure(bench: Bench, names: Sequence[str], rows: Mapping[str, Callable[[Bench], Iterable[Row]]] = ROWS) -> Report:
    """Measure rows; a failing one does not stop the others.

    Args:
        bench: the candidates.
        names: of the rows.
        rows: the function that measures each.
    """
    report = Report()
    for name in names:
        start = time.monotonic()
        try:
            for row in rows[name](bench):
                tell(f"{name}: {row.title}, {row.project}: {_short(row)}")
                report.rows.append(row)
        except (BenchmarkError, UserError, AssertionError) as error:
            # The corpus raises AssertionError if a project could not be created.
            report.failures[name] = str(error)
            tell(f"{name} FAILED: {error}")
        tell(f"{name}: took {time.monotonic() - start:.0f} s")
    return report


def _short(row: Row) -> str:
    return ", ".join(f"{candidate} {row.median(candidate):.1f} {row.unit}" for candidate in row.values)


def markdown(report: Report, machine: str, projects: Sequence[str]) -> str:
    """The table with its explanations.

    Args:
        report: the result.
        machine: the machine's description.
        projects: the projects' names.
    """
    versions = ", ".join([*(f"{name} {version(name)}" for name in ("shiv", "uv", "pip")), f"pex {PEX_VERSION}"])
    notes = [machine, versions, *(TITLES[name] for name in projects), _CANDIDATES]
    return table.markdown(report.rows, notes, report.failures)


def drawing(report: Report) -> str | None:
    """The chart; None if its rows were not measured."""
    warm = [row for row in report.rows if row.files and row.title == WARM_START]
    cold = [row for row in report.rows if row.files and row.title == COLD_START]
    if not warm or not cold:
        return None
    panels = [chart.panel("Warm start", "ms", 1, warm), chart.panel("First start", "s", 1000, cold)]
    title = f"What starting a program takes beyond starting Python {platform.python_version()}"
    return chart.svg(title, panels)
