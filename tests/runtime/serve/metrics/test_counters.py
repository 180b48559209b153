"""What workers count, and what becomes of it when they end."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from django_pyz_runtime.serve.metrics.counters import DONE, PENDING, REFUSED, Counters, Meter, reading, room_count
from django_pyz_runtime.serve.metrics.page import Sums, add_up


@pytest.fixture
def counters() -> Iterator[Counters]:
    """Those of a server that begins."""
    made = Counters(os.memfd_create("counters"))
    yield made
    os.close(made.descriptor)


def worker(counters: Counters, pid: int, living: tuple[int, ...] = ()) -> Meter:
    """What a worker counts with."""
    room = counters.take_room(living)
    counters.give_room(room, pid)
    meter = Meter()
    meter.begin(counters, room)
    return meter


def sums(counters: Counters) -> Sums:
    with reading(counters.descriptor) as words:
        return add_up(words)


def test_requests_of_all_workers_are_added_up(counters: Counters) -> None:
    for meter in (worker(counters, 11), worker(counters, 12, (11,))):
        meter.leave(meter.enter(), "GET", 200)
        meter.leave(meter.enter(), "PUT", 599)
        meter.enter()
    found = sums(counters)
    assert found.answered == {("GET", "200"): 2, ("PUT", "599"): 2}
    assert found.inside == 2
    assert {method: sum(counts[:-1]) for method, counts in found.times.items()} == {"GET": 2, "PUT": 2}


@pytest.mark.parametrize("status", [0, 99, 600, 999, 70000])
def test_there_are_no_more_labels_than_methods_and_statuses_that_are_known(counters: Counters, status: int) -> None:
    meter = worker(counters, 11)
    for method in ("BREW", "get", "", "G" * 8000):
        meter.leave(meter.enter(), method, status)
    assert sums(counters).answered == {("other", "other"): 4}


def test_a_request_is_counted_by_its_time(counters: Counters) -> None:
    meter = worker(counters, 11)
    meter.leave(meter.enter() - 300_000_000, "GET", 200)
    meter.leave(meter.enter() - 3_600_000_000_000, "GET", 200)
    *counts, nanoseconds = sums(counters).times["GET"]
    assert [place for place, number in enumerate(counts) if number] == [7, 14]
    assert 3_600_300_000_000 <= nanoseconds < 3_700_000_000_000


def test_a_worker_that_was_killed_leaves_its_counts_and_no_request(counters: Counters) -> None:
    pid = os.fork()
    if not pid:
        meter = Meter()
        meter.begin(counters, counters.take_room(()))
        meter.leave(meter.enter(), "GET", 200)
        meter.enter()
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    counters.give_room(0, pid)
    assert sums(counters).inside == 1
    counters.leave_rooms([])
    assert (sums(counters).inside, sums(counters).answered) == (0, {("GET", "200"): 1})


def test_the_next_worker_goes_on_in_a_room_that_was_left(counters: Counters) -> None:
    for living in ((), (11,), (11, 12), (11, 13)):
        meter = worker(counters, 11 + len(living) if living != (11, 13) else 14, living)
        meter.leave(meter.enter(), "GET", 200)
    assert sums(counters).answered == {("GET", "200"): 4}
    with reading(counters.descriptor) as words:
        assert room_count(words.nbytes) == 3


def test_the_next_master_goes_on_with_the_same_file(counters: Counters) -> None:
    meter = worker(counters, 11)
    meter.leave(meter.enter(), "GET", 200)
    counters.count_reload(is_refused=True)
    after = Counters(counters.descriptor)
    after.count_reload(is_refused=False)
    after.say_pending(0)
    assert os.get_inheritable(after.descriptor)
    assert sums(after).answered == {("GET", "200"): 1}
    with reading(after.descriptor) as words:
        assert (words[DONE], words[REFUSED], words[PENDING]) == (1, 1, 1)


def test_what_is_counted_before_there_is_a_worker_is_lost() -> None:
    meter = Meter()
    meter.leave(meter.enter(), "GET", 200)
