"""Counters in memory that the server's processes share: each worker writes its own, one process reads all.

They are words of eight bytes in an anonymous file: first those of the master, then a slot ("room") for each worker.
Only the worker itself writes to its room, so processes need no lock. Rooms are never cleared: a worker that gets a used
room continues its counts, so sums never decrease when a worker ends, is killed, or a reload takes over with the same
file.

A room begins with the worker's process id, written by the master, and the number of requests in progress. Then follow,
for each method, a histogram of durations and their sum in nanoseconds; then for each method a row with the requests by
status. Pages of rows that were never written to take no memory.
"""

from __future__ import annotations

import mmap
import os
import sys
import time
from bisect import bisect_left
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from itertools import count

FORMAT = 1
"""Format of the file. A release with another format begins a new file."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "CONNECT", "TRACE", "other")
"""The last one stands for all methods that are not in RFC 9110 or RFC 5789."""
BOUNDS_SECONDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of the histogram: a request counts in the first bucket that its duration fits."""
FIRST_STATUS, AFTER_STATUS = 100, 600
"""Of the statuses; any other one is counted as AFTER_STATUS."""

WANTED, ALIVE, DONE, REFUSED, PENDING = range(5)
"""Words of the master: workers wanted and alive, reloads done and refused, and one more than the number of unapplied
migrations, 0 if that is unknown."""
WORD_BYTES = 8
PAGE_WORDS = 512
OWNER, INSIDE = 0, 1
TIMES = 16
"""Offset of the histograms in a room."""
TIME_WORDS = len(BOUNDS_SECONDS) + 2
"""For a method: the counts, those above all bounds, and the sum."""
ROOM_WORDS = PAGE_WORDS * (1 + len(METHODS))

_BOUNDS_NS = tuple(round(bound * 1_000_000_000) for bound in BOUNDS_SECONDS)
_OTHER = len(METHODS) - 1
_NUMBERS = {method: number for number, method in enumerate(METHODS[:_OTHER])}


class Counters:
    """The file, held by the master and inherited by all its processes.

    Args:
        descriptor: of an empty file, or of the previous master's.

    Raises:
        OSError: there is no such file.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        if os.fstat(self.descriptor).st_size < PAGE_WORDS * WORD_BYTES:
            os.ftruncate(self.descriptor, PAGE_WORDS * WORD_BYTES)
        # The next master has it as well (execve(2)).
        os.set_inheritable(self.descriptor, True)

    def say_workers(self, wanted: int, alive: int) -> None:
        """Note how many workers are wanted, and how many serve."""
        self._put(WANTED, wanted)
        self._put(ALIVE, alive)

    def count_reload(self, *, is_refused: bool) -> None:
        """Count a finished reload."""
        word = REFUSED if is_refused else DONE
        self._put(word, self._get(word) + 1)

    def say_pending(self, migrations: int) -> None:
        """Note how many migrations of this release are unapplied; any process may do so."""
        self._put(PENDING, migrations + 1)

    def take_room(self, living: Collection[int]) -> int:
        """The room of the next worker: the first that no process uses.

        Args:
            living: the process ids of the workers.
        """
        room = next(room for room in count() if self._owner(room) not in living)
        size = room_word(room + 1) * WORD_BYTES
        if os.fstat(self.descriptor).st_size < size:
            os.ftruncate(self.descriptor, size)
        self._leave(room)
        return room

    def give_room(self, room: int, pid: int) -> None:
        """Note which worker has a room."""
        self._put(room_word(room) + OWNER, pid)

    def leave_rooms(self, living: Collection[int]) -> None:
        """Note that workers have exited: their requests are no longer in progress.

        Args:
            living: the process ids of the others.
        """
        for room in range(room_count(os.fstat(self.descriptor).st_size)):
            if (owner := self._owner(room)) and owner not in living:
                self._leave(room)

    def _leave(self, room: int) -> None:
        self._put(room_word(room) + INSIDE, 0)
        self._put(room_word(room) + OWNER, 0)

    def _owner(self, room: int) -> int:
        return self._get(room_word(room) + OWNER)

    def _get(self, word: int) -> int:
        return int.from_bytes(os.pread(self.descriptor, WORD_BYTES, word * WORD_BYTES), sys.byteorder)

    def _put(self, word: int, value: int) -> None:
        os.pwrite(self.descriptor, value.to_bytes(WORD_BYTES, sys.byteorder), word * WORD_BYTES)


def room_word(room: int) -> int:
    """Offset of a room."""
    return PAGE_WORDS + room * ROOM_WORDS


def room_count(size_bytes: int) -> int:
    """How many rooms a file has."""
    return (size_bytes // WORD_BYTES - PAGE_WORDS) // ROOM_WORDS


def row_word(number: int) -> int:
    """Offset in a room of the statuses of a method."""
    return PAGE_WORDS * (1 + number)


@contextmanager
def reading(descriptor: int) -> Iterator[memoryview]:
    """All words of a file, as they are at each moment until the end of the block."""
    with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as area, memoryview(area) as view, view.cast("q") as words:
        yield words


class Meter:
    """Counts the requests of a worker. Counts before `begin` are lost.

    Its threads need no lock: Python changes threads between bytecodes where it calls something or goes back, and does
    neither while `words[place] += number` is done. A lock would cost as much as all else here. Without the GIL threads
    may lose a few counts.
    """

    def __init__(self) -> None:
        self._words = memoryview(bytearray(ROOM_WORDS * WORD_BYTES)).cast("q")

    def begin(self, counters: Counters, room: int) -> None:
        """Count in a room from now on."""
        first = room_word(room)
        # It stays for as long as the process does.
        area = memoryview(mmap.mmap(counters.descriptor, (first + ROOM_WORDS) * WORD_BYTES)).cast("q")
        self._words = area[first : first + ROOM_WORDS]

    def enter(self) -> int:
        """Count a request that begins.

        Returns:
            The start time, for `leave`.
        """
        self._words[INSIDE] += 1
        return time.perf_counter_ns()

    def leave(self, started: int, method: str, status: int) -> None:
        """Count a request whose response is complete."""
        elapsed = time.perf_counter_ns() - started
        number = _NUMBERS.get(method, _OTHER)
        if not FIRST_STATUS <= status < AFTER_STATUS:
            status = AFTER_STATUS
        row = PAGE_WORDS * (1 + number) + status - FIRST_STATUS
        times = TIMES + number * TIME_WORDS
        words = self._words
        time_word = times + bisect_left(_BOUNDS_NS, elapsed)
        words[INSIDE] -= 1
        words[row] += 1
        words[time_word] += 1
        words[times + TIME_WORDS - 1] += elapsed
