"""The chart: start-up overhead, warm and cold, against the number of files, as an SVG without any library."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from benchmarks.figures import Row

_WIDTH, _HEIGHT = 920, 420
_PANEL_WIDTH, _PANEL_HEIGHT = 340, 250
_TOP, _LEFTS = 96, (70, 530)
_TICKS = 5
_LINES = 3
"""The number of colours."""
_STYLE = """\
svg { font-family: system-ui, sans-serif; font-size: 12px; }
text { fill: #24292f; }
.title { font-size: 16px; font-weight: 600; }
.panel { font-size: 13px; font-weight: 600; }
.axis { stroke: #57606a; }
.grid { stroke: #d0d7de; }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; }
.line.c1 { stroke-dasharray: 8 4; }
.line.c2 { stroke-dasharray: 3 3; }
.c0 { stroke: #0969da; } .dot.c0 { fill: #0969da; }
.c1 { stroke: #bc4c00; } .dot.c1 { fill: #bc4c00; }
.c2 { stroke: #1a7f37; } .dot.c2 { fill: #1a7f37; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .axis { stroke: #8b949e; }
  .grid { stroke: #30363d; }
  .c0 { stroke: #58a6ff; } .dot.c0 { fill: #58a6ff; }
  .c1 { stroke: #f0883e; } .dot.c1 { fill: #f0883e; }
  .c2 { stroke: #3fb950; } .dot.c2 { fill: #3fb950; }
}
"""


@dataclass(frozen=True)
class Panel:
    """One of the two diagrams.

    Attributes:
        title: above it.
        unit: of the vertical axis.
        lines: by candidate, points of number of files and value.
    """

    title: str
    unit: str
    lines: Mapping[str, Sequence[tuple[int, float]]]


def panel(title: str, unit: str, per_unit: float, rows: Sequence[Row]) -> Panel:
    """A diagram from rows that differ in their number of files.

    Args:
        title: above it.
        unit: of the vertical axis.
        per_unit: how many of the rows' units make one of it.
        rows: with the same candidates.
    """
    rows = sorted(rows, key=lambda row: row.files)
    names = [name for name in rows[0].values if name != rows[0].base]
    return Panel(
        title, unit, {name: [(row.files, row.against_base(name) / per_unit) for row in rows] for name in names}
    )


def svg(title: str, panels: Sequence[Panel]) -> str:
    """The chart as text.

    Args:
        title: of the chart.
        panels: at most two, with the same candidates, at most three.
    """
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
        f"<title>{escape(title)}</title>",
        f"<style>\n{_STYLE}</style>",
        _text(_LEFTS[0], 28, title, "title"),
        *_legend(list(panels[0].lines)),
    ]
    for left, one in zip(_LEFTS, panels, strict=False):
        parts += _panel(one, left)
    return "\n".join([*parts, "</svg>"]) + "\n"


def nice_ticks(highest: float) -> list[float]:
    """About five round numbers from 0 up to at least the highest value."""
    raw = max(highest, 1e-9) / _TICKS
    power = 10.0 ** len(str(int(raw))) / 10 if raw >= 1 else 10.0 ** -next(n for n in range(1, 12) if raw * 10**n >= 1)
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= raw)
    count = 1
    while step * count < highest:
        count += 1
    return [step * number for number in range(count + 1)]


def _legend(names: Sequence[str]) -> Iterator[str]:
    left = _LEFTS[0]
    for number, name in enumerate(names):
        yield f'<line class="line c{number % _LINES}" x1="{left}" x2="{left + 24}" y1="50" y2="50"/>'
        yield _text(left + 30, 54, name)
        left += 70 + 7 * len(name)


def _panel(one: Panel, left: int) -> Iterator[str]:
    bottom, right = _TOP + _PANEL_HEIGHT, left + _PANEL_WIDTH
    points = [point for line in one.lines.values() for point in line]
    most = max(files for files, _ in points)
    ticks = nice_ticks(max(value for _, value in points))

    def at(files: float, value: float) -> tuple[float, float]:
        return left + _PANEL_WIDTH * files / most, bottom - _PANEL_HEIGHT * max(value, 0) / ticks[-1]

    yield _text(left, _TOP - 14, f"{one.title}, {one.unit}", "panel")
    for tick in ticks:
        y = at(0, tick)[1]
        yield f'<line class="grid" x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield _text(left - 8, y + 4, f"{tick:,g}", anchor="end")
    for files in _labelled(sorted({files for files, _ in points})):
        yield _text(at(files, 0)[0], bottom + 18, f"{files:,}", anchor="middle")
    yield f'<path class="axis" fill="none" d="M{left} {_TOP}V{bottom}H{right}"/>'
    yield _text((left + right) / 2, bottom + 42, "files in the bundle", anchor="middle")
    for number, (name, line) in enumerate(one.lines.items()):
        places = [at(*point) for point in line]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        yield f'<polyline class="line c{number % _LINES}" points="{path}"/>'
        for (files, value), (x, y) in zip(line, places, strict=True):
            told = escape(f"{name}, {files:,} files: {value:,.1f} {one.unit}")
            dot = f'class="dot c{number % _LINES}" cx="{x:.1f}" cy="{y:.1f}" r="3"'
            yield f"<circle {dot}><title>{told}</title></circle>"


def _labelled(counts: Sequence[int]) -> list[int]:
    """The numbers of files labelled below the axis: those far enough apart."""
    chosen: list[int] = []
    for count in reversed(counts):
        if not chosen or chosen[-1] - count >= counts[-1] / 10:
            chosen.append(count)
    return chosen


def _text(x: float, y: float, text: str, style: str = "label", anchor: str = "start") -> str:
    return f'<text class="{style}" x="{x:g}" y="{y:g}" text-anchor="{anchor}">{escape(text)}</text>'
