"""Rows of the table: values of candidates, one for each round, and what they are held against."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Compare(Enum):
    """How a candidate is held against the base."""

    RATIO = "ratio"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class Target:
    """What a candidate is to reach against the base.

    Attributes:
        limit: the ratio, or the difference in the row's unit.
        is_least: whether more is better.
    """

    limit: float
    is_least: bool = False

    def is_met_by(self, value: float) -> bool:
        """Whether a value is good enough, as precisely as it is shown."""
        value = round(value, 2)
        return value >= self.limit if self.is_least else value <= self.limit


@dataclass(frozen=True)
class Row:
    """One figure of one project.

    Attributes:
        title: of the figure.
        project: its name.
        unit: of the values.
        values: by candidate, one for each round; the base comes first.
        targets: by candidate.
        compare: how candidates are held against the base.
        files: the number of files, where that is what varies.
    """

    title: str
    project: str
    unit: str
    values: Mapping[str, Sequence[float]]
    targets: Mapping[str, Target] = field(default_factory=dict)
    compare: Compare = Compare.RATIO
    files: int = 0

    @property
    def base(self) -> str:
        """The candidate that the others are held against."""
        return next(iter(self.values))

    def median(self, candidate: str) -> float:
        """The median of a candidate's values."""
        return statistics.median(self.values[candidate])

    def spread(self, candidate: str) -> float | None:
        """The distance between the quartiles; None for a single value."""
        values = self.values[candidate]
        if len(values) < 2:
            return None
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
        return high - low

    def against_base(self, candidate: str) -> float:
        """The median, over the rounds, of what a candidate has against the base in the same round."""
        pairs = zip(self.values[candidate], self.values[self.base], strict=True)
        if self.compare is Compare.RATIO:
            return statistics.median(value / base for value, base in pairs)
        return statistics.median(value - base for value, base in pairs)

    def is_met(self, candidate: str) -> bool | None:
        """Whether a candidate reaches its target; None where it has none."""
        target = self.targets.get(candidate)
        return None if target is None else target.is_met_by(self.against_base(candidate))
