"""What comes out where some of it cannot be measured."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.bench import SHORT, Bench
from benchmarks.errors import BenchmarkError
from benchmarks.figures import Compare, Row
from benchmarks.report import Report, drawing, markdown, measure
from benchmarks.rows import COLD_START, WARM_START

ROW = Row("check", "S", "ms", {"venv": [1.0], "ours": [2.0]})


def _good(bench: Bench) -> Iterator[Row]:
    yield ROW


def _bad(bench: Bench) -> Iterator[Row]:
    yield ROW
    raise BenchmarkError("shiv: ended with code 1\nno such table")


def test_a_row_that_fails_keeps_no_other_from_being_measured_and_is_told(tmp_path: Path) -> None:
    bench = Bench(SHORT, tmp_path)

    report = measure(bench, ["bad", "good"], {"good": _good, "bad": _bad})

    assert report.rows == [ROW, ROW]
    assert report.failures == {"bad": "shiv: ended with code 1\nno such table"}
    assert "**bad failed:**" in markdown(report, "a machine", ["S"])


def test_the_chart_is_drawn_from_the_rows_about_files() -> None:
    rows = [
        Row(title, f"{files:,} files", "ms", {"base": [1.0], "ours": [value]}, {}, Compare.DIFFERENCE, files)
        for title, value in ((WARM_START, 5.0), (COLD_START, 4000.0))
        for files in (1000, 5000)
    ]

    drawn = drawing(Report([ROW, *rows])) or ""

    assert "Warm start, ms" in drawn
    assert "First start, s" in drawn
    assert drawing(Report([ROW])) is None
