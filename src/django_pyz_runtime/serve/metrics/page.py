"""The metrics as prometheus-client collects them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import NamedTuple

from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from django_pyz_runtime.serve.metrics import counters
from django_pyz_runtime.serve.metrics.waiting import waiting

_BOUNDS = (*map(str, counters.BOUNDS_SECONDS), "+Inf")
_PREFIX = "django_pyz_"


class Page(Collector):
    """All metrics, read at each scrape.

    Args:
        descriptor: of the file with the counters.
        release: labels and their values.
        listeners: name and inode of each listening socket.
    """

    def __init__(self, descriptor: int, release: Mapping[str, str], listeners: Mapping[str, int]) -> None:
        self._descriptor = descriptor
        self._release = release
        self._listeners = listeners

    def collect(self) -> Iterator[Metric]:
        """Read the counters, and yield the metrics."""
        with counters.reading(self._descriptor) as words:
            header = words[: counters.PENDING + 1].tolist()
            sums = add_up(words)
        yield from _requests(sums)
        yield self._waiting()
        yield from _master(header)
        yield InfoMetricFamily(f"{_PREFIX}release", "The running release.", value=dict(self._release))

    def _waiting(self) -> Metric:
        family = GaugeMetricFamily(
            f"{_PREFIX}waiting_connections",
            "Connections waiting to be accepted, for the listening sockets whose queue Linux shows.",
            labels=["listener"],
        )
        for name, length in waiting(self._listeners).items():
            family.add_metric([name], length)
        return family


class Sums(NamedTuple):
    """The counts of all workers, exited ones included.

    Attributes:
        inside: requests in progress.
        answered: by method and status.
        times: for each method the counts by time, and last the nanoseconds together.
    """

    inside: int
    answered: Mapping[tuple[str, str], int]
    times: Mapping[str, list[int]]


def add_up(words: memoryview) -> Sums:
    """The sums over all rooms.

    Args:
        words: of the file.
    """
    inside = 0
    answered: dict[tuple[str, str], int] = {}
    times: dict[str, list[int]] = {}
    for room in range(counters.room_count(words.nbytes)):
        first = counters.room_word(room)
        inside += words[first + counters.INSIDE]
        for number, method in enumerate(counters.METHODS):
            begin = first + counters.TIMES + number * counters.TIME_WORDS
            found = words[begin : begin + counters.TIME_WORDS].tolist()
            # Pages that were never written to take no memory; reading them would allocate it.
            if any(found):
                before = times.get(method, [0] * len(found))
                times[method] = [one + more for one, more in zip(found, before, strict=True)]
                _add_statuses(answered, method, words[first + counters.row_word(number) :])
    return Sums(inside, answered, times)


def _add_statuses(answered: dict[tuple[str, str], int], method: str, row: memoryview) -> None:
    statuses = counters.AFTER_STATUS - counters.FIRST_STATUS
    for place, number in enumerate(row[: statuses + 1].tolist()):
        if number:
            status = str(counters.FIRST_STATUS + place) if place < statuses else "other"
            answered[method, status] = answered.get((method, status), 0) + number


def _requests(sums: Sums) -> Iterator[Metric]:
    requests = CounterMetricFamily(
        f"{_PREFIX}requests",
        "Requests answered, without health endpoints. 499: the client closed the connection first.",
        labels=["method", "status"],
    )
    for labels, number in sums.answered.items():
        requests.add_metric(labels, number)
    yield requests
    seconds = HistogramMetricFamily(
        f"{_PREFIX}request_duration_seconds", "Time from a request to the end of its response.", labels=["method"]
    )
    for method, found in sums.times.items():
        *counts, nanoseconds = found
        buckets = list(zip(_BOUNDS, accumulate(counts), strict=True))
        seconds.add_metric([method], buckets, nanoseconds / 1e9)
    yield seconds
    yield GaugeMetricFamily(f"{_PREFIX}requests_in_flight", "Requests in progress.", value=sums.inside)


def _master(header: list[int]) -> Iterator[Metric]:
    workers = GaugeMetricFamily(
        f"{_PREFIX}workers", "Worker processes: wanted by the configuration, and alive.", labels=["state"]
    )
    workers.add_metric(["wanted"], header[counters.WANTED])
    workers.add_metric(["alive"], header[counters.ALIVE])
    yield workers
    reloads = CounterMetricFamily(f"{_PREFIX}reloads", "Finished reloads since the server started.", labels=["outcome"])
    reloads.add_metric(["done"], header[counters.DONE])
    reloads.add_metric(["refused"], header[counters.REFUSED])
    yield reloads
    if header[counters.PENDING]:
        yield GaugeMetricFamily(
            f"{_PREFIX}pending_migrations",
            "Unapplied migrations of this release, as of the last check (at the start, and by `ready`).",
            value=header[counters.PENDING] - 1,
        )
