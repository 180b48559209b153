"""
Geometry of the charts. Templates turn it into SVG.

Widths are percentages, so that a chart fills its column on any screen. Heights are pixels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import ceil

PLOT_HEIGHT = 200
BAR_FILL = 0.72  # The part of a day's column which its bar takes.
MAX_DAY_LABELS = 7
MAX_STEPS = 5


@dataclass(frozen=True)
class Tick:
    """A value on the vertical axis with its gridline."""

    value: int
    y: float


@dataclass(frozen=True)
class Column:
    """A day on the horizontal axis, its bar and perhaps its label."""

    day: date
    count: int
    left: float
    width: float
    bar_left: float
    bar_width: float
    bar_y: float
    bar_height: float
    labelled: bool
    label_is_minor: bool

    @property
    def middle(self) -> float:
        """Where the label is centred."""
        return round(self.left + self.width / 2, 3)


@dataclass(frozen=True)
class BarChart:
    """A bar for each day."""

    columns: list[Column]
    ticks: list[Tick]
    height: int = PLOT_HEIGHT

    @property
    def total(self) -> int:
        """The sum of all bars."""
        return sum(column.count for column in self.columns)

    @property
    def peak(self) -> Column:
        """The highest bar; the earliest one of equals."""
        return max(self.columns, key=lambda column: column.count)


@dataclass(frozen=True)
class Segment:
    """A part of a bar which shows shares of a whole, in percent."""

    name: str
    count: int
    start: float
    share: float


def nice_step(highest: int, max_steps: int = MAX_STEPS) -> int:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... which needs at most `max_steps` steps."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if factor * power * max_steps >= highest:
                return factor * power
        power *= 10


def nice_ticks(highest: int) -> list[int]:
    """Return round values from zero up to at least `highest`."""
    step = nice_step(highest)
    last = max(1, ceil(highest / step))
    return [step * number for number in range(last + 1)]


def bar_chart(counts: Mapping[date, int], days: Sequence[date]) -> BarChart:
    """Draw a bar for each of the days. A day which is missing in `counts` had no crashes."""
    values = nice_ticks(max((counts.get(day, 0) for day in days), default=0))
    scale = PLOT_HEIGHT / values[-1]
    label_step = ceil(len(days) / MAX_DAY_LABELS)
    return BarChart(
        columns=[
            _column(index, len(days), day, counts.get(day, 0), scale, label_step) for index, day in enumerate(days)
        ],
        ticks=[Tick(value, round(PLOT_HEIGHT - value * scale, 3)) for value in values],
    )


def _column(index: int, total: int, day: date, count: int, scale: float, label_step: int) -> Column:
    """Place the column at `index`. Labels are counted from the last day, which always has one."""
    width = 100 / total
    label_number, remainder = divmod(total - 1 - index, label_step)
    height = round(count * scale, 3)
    return Column(
        day=day,
        count=count,
        left=round(index * width, 3),
        width=round(width, 3),
        bar_left=round((index + (1 - BAR_FILL) / 2) * width, 3),
        bar_width=round(width * BAR_FILL, 3),
        bar_y=round(PLOT_HEIGHT - height, 3),
        bar_height=height,
        labelled=remainder == 0,
        label_is_minor=label_number % 2 == 1,
    )


def segments(counts: Mapping[str, int]) -> list[Segment]:
    """Divide a bar in proportion to the counts. Names without a count are left out."""
    total = sum(counts.values())
    parts: list[Segment] = []
    before = 0
    for name, count in counts.items():
        if count:
            parts.append(Segment(name, count, round(before / total * 100, 3), round(count / total * 100, 3)))
        before += count
    return parts
