"""The result of a soak test: failures, waits, and trends of the server's resources."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.soak.processes import Sample
from benchmarks.soak.traffic import Answer
from benchmarks.soak.upgrades import Upgrade


@dataclass(frozen=True)
class Outcome:
    """The result.

    Attributes:
        answers: the results of all requests.
        upgrades: in their order.
        samples: in their order; taken between upgrades, never during one.
        log: the server's output.
    """

    answers: Sequence[Answer]
    upgrades: Sequence[Upgrade]
    samples: Sequence[Sample]
    log: str = ""

    @property
    def problems(self) -> list[str]:
        """The problems of requests, then of upgrades."""
        found = [*(answer.problem for answer in self.answers), *(upgrade.problem for upgrade in self.upgrades)]
        return list(filter(None, found))

    def waits(self, *, at_upgrade: bool) -> list[float]:
        """How long clients waited beyond their requests' own duration, in seconds, sorted.

        Args:
            at_upgrade: take the requests that overlap an upgrade; else all others.
        """
        return sorted(answer.wait_seconds for answer in self.answers if self._is_at_upgrade(answer) is at_upgrade)

    def _is_at_upgrade(self, answer: Answer) -> bool:
        return any(upgrade.overlaps(answer.start, answer.end) for upgrade in self.upgrades)

    def settled(self) -> list[Sample]:
        """The samples since the first upgrade (the server warms up before); all if there was none."""
        start = min((upgrade.end for upgrade in self.upgrades), default=0.0)
        return [sample for sample in self.samples if sample.moment >= start]


@dataclass(frozen=True)
class Course:
    """The trend of a figure.

    Attributes:
        first: value.
        last: value.
        least: value.
        most: value.
        slope: per minute, by least squares.
    """

    first: float
    last: float
    least: float
    most: float
    slope: float


def course(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Course:
    """The trend of a figure over samples.

    Args:
        samples: at least one.
        value: the figure in a sample.
    """
    values = [value(sample) for sample in samples]
    minutes = [sample.moment / 60 for sample in samples]
    slope = statistics.linear_regression(minutes, values).slope if len(values) > 1 else 0.0
    return Course(values[0], values[-1], min(values), max(values), slope)
