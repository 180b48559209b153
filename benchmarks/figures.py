"""Rows of the table: values of candidates, one per round, and their targets."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum


class Compare(Enum):
    """How a candidate is compared with the base."""

    RATIO = "ratio"
    DIFFERENCE = "difference"


@dataclass(frozen=True)
class Target:
    """The target of a candidate relative to the base.

    Attributes:
        limit: the ratio, or the difference in the row's unit.
        is_least: whether more is better.
    """

    limit: float
    is_least: bool = False

    def is_met_by(self, value: float) -> bool:
        """Whether a value reaches the target, at the precision shown."""
        value = round(value, 2)
        return value >= self.limit if self.is_least else value <= self.limit


@dataclass(frozen=True)
class Row:
    """One figure of one project.

    Attributes:
        title: of the figure.
        project: its name.
        unit: of the values.
        values: by candidate, one per round; the base comes first.
        targets: by candidate.
        compare: how candidates are compared with the base.
        files: the number of files, if that varies.
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
        """The candidate that the others are compared with."""
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
        """The median over the rounds of a candidate's ratio or difference to the base."""
        pairs = zip(self.values[candidate], self.values[self.base], strict=True)
        if self.compare is Compare.RATIO:
            return statistics.median(value / base for value, base in pairs)
        return statistics.median(value - base for value, base in pairs)

    def is_met(self, candidate: str) -> bool | None:
        """Whether a candidate reaches its target; None if it has none."""
        target = self.targets.get(candidate)
        return None if target is None else target.is_met_by(self.against_base(candidate))
