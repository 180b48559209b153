"""Formats the rows as a Markdown table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from benchmarks.figures import Compare, Row, Target

_HEAD = ("Figure", "Project", "Candidate", "Median", "Spread", "To base", "Target", "Met")


def markdown(rows: Sequence[Row], notes: Sequence[str], failures: Mapping[str, str]) -> str:
    """The report.

    Args:
        rows: the measured ones.
        notes: lines about the machine and the projects.
        failures: the reason, by the name of a row that could not be measured.
    """
    lines = [*(f"- {note}" for note in notes), ""]
    lines += [line(_HEAD), line(["---"] * 3 + ["---:"] * 4 + ["---"])]
    lines += [line(cells) for row in rows for cells in _cells(row)]
    for name, reason in failures.items():
        lines += ["", f"**{name} failed:**", "", "```", *reason.splitlines(), "```"]
    return "\n".join(lines) + "\n"


def line(cells: Sequence[str]) -> str:
    """A line of a table."""
    return f"| {' | '.join(cells)} |"


def _cells(row: Row) -> Iterator[list[str]]:
    """The lines of a row; only the first one has its title."""
    title, project = row.title, row.project
    for candidate in row.values:
        spread = row.spread(candidate)
        met = row.is_met(candidate)
        yield [
            title,
            project,
            candidate,
            _number(row.median(candidate), row.unit),
            "" if spread is None else _number(spread, row.unit),
            "base" if candidate == row.base else _comparison(row, candidate),
            _target(row, row.targets.get(candidate)),
            "" if met is None else "yes" if met else "**no**",
        ]
        title = project = ""


def _number(value: float, unit: str) -> str:
    return f"{value:,.{0 if abs(value) >= 1000 else 1}f} {unit}"


def _comparison(row: Row, candidate: str) -> str:
    value = row.against_base(candidate)
    return f"{value:.2f}" if row.compare is Compare.RATIO else f"{value:+,.1f} {row.unit}"


def _target(row: Row, target: Target | None) -> str:
    if target is None:
        return ""
    limit = f"{target.limit:.2f}" if row.compare is Compare.RATIO else f"{target.limit:+g} {row.unit}"
    return f"{'≥' if target.is_least else '≤'} {limit}"
