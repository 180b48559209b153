"""What came of a soak: failures, waits, and how what the server takes has changed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.soak.processes import Sample
from benchmarks.soak.traffic import Answer
from benchmarks.soak.upgrades import Upgrade


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        answers: to all requests.
        upgrades: in their order.
        samples: in their order; taken between upgrades, never during one.
        log: what the server has said.
    """

    answers: Sequence[Answer]
    upgrades: Sequence[Upgrade]
    samples: Sequence[Sample]
    log: str = ""

    @property
    def problems(self) -> list[str]:
        """What was wrong with requests, then with upgrades."""
        found = [*(answer.problem for answer in self.answers), *(upgrade.problem for upgrade in self.upgrades)]
        return list(filter(None, found))

    def waits(self, *, at_upgrade: bool) -> list[float]:
        """How long clients waited beyond what their requests take by themselves, in seconds, shortest first.

        Args:
            at_upgrade: of the requests that an upgrade came upon; else of all others.
        """
        return sorted(answer.wait_seconds for answer in self.answers if self._is_at_upgrade(answer) is at_upgrade)

    def _is_at_upgrade(self, answer: Answer) -> bool:
        return any(upgrade.overlaps(answer.start, answer.end) for upgrade in self.upgrades)

    def settled(self) -> list[Sample]:
        """The samples since the first upgrade: before it the server is still warming up. All, where there was none."""
        start = min((upgrade.end for upgrade in self.upgrades), default=0.0)
        return [sample for sample in self.samples if sample.moment >= start]


@dataclass(frozen=True)
class Course:
    """How a figure went.

    Attributes:
        first: value.
        last: value.
        least: value.
        most: value.
        slope: of the straight line through all values that fits best (least squares), a minute.
    """

    first: float
    last: float
    least: float
    most: float
    slope: float


def course(samples: Sequence[Sample], value: Callable[[Sample], float]) -> Course:
    """How a figure went over samples.

    Args:
        samples: at least one.
        value: the figure in a sample.
    """
    values = [value(sample) for sample in samples]
    minutes = [sample.moment / 60 for sample in samples]
    slope = statistics.linear_regression(minutes, values).slope if len(values) > 1 else 0.0
    return Course(values[0], values[-1], min(values), max(values), slope)
