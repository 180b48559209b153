"""The chart."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

from benchmarks.chart import nice_ticks, panel, svg
from benchmarks.figures import Compare, Row

SVG = "{http://www.w3.org/2000/svg}"
DIFFERENCE = Compare.DIFFERENCE


def _row(files: int, **values: float) -> Row:
    return Row(
        "start", str(files), "ms", {"base": [10.0], **{k: [v] for k, v in values.items()}}, {}, DIFFERENCE, files
    )


ROWS = [_row(5000, ours=14, shiv=110), _row(1000, ours=13, shiv=30)]


def test_a_line_has_a_point_for_each_number_of_files() -> None:
    made = panel("Warm start", "s", 1000, ROWS)

    assert made.lines == {"ours": [(1000, 0.003), (5000, 0.004)], "shiv": [(1000, 0.02), (5000, 0.1)]}


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [
        (4.2, [0, 1, 2, 3, 4, 5]),
        (100, [0, 20, 40, 60, 80, 100]),
        (180, [0, 50, 100, 150, 200]),
        (1290, [0, 500, 1000, 1500]),
        (0.42, [0, 0.1, 0.2, 0.3, 0.4, 0.5]),
    ],
)
def test_ticks_are_round_and_reach_the_highest_value(highest: float, ticks: list[float]) -> None:
    assert nice_ticks(highest) == pytest.approx(ticks)


def test_the_chart_has_a_title_and_its_axes_have_labels() -> None:
    root = ElementTree.fromstring(svg("Title & more", [panel("Warm start", "ms", 1, ROWS)]))
    texts = [element.text for element in root.iter(f"{SVG}text")]

    assert {"Title & more", "Warm start, ms", "files in the bundle", "1,000", "5,000", "ours", "shiv"} <= set(texts)


def test_each_candidate_has_a_line_within_the_picture() -> None:
    root = ElementTree.fromstring(svg("Title", [panel(name, "ms", 1, ROWS) for name in ("Warm", "Cold")]))
    lines = [element.attrib["points"] for element in root.iter(f"{SVG}polyline")]
    points = [tuple(map(float, point.split(","))) for line in lines for point in line.split()]
    _, _, width, height = map(float, root.attrib["viewBox"].split())

    assert len(lines) == 4
    assert all(0 < x < width and 0 < y < height for x, y in points)


def test_the_chart_can_be_read_on_a_dark_page() -> None:
    assert "@media (prefers-color-scheme: dark)" in svg("Title", [panel("Warm", "ms", 1, ROWS)])
