"""One round of checks at a time, whose result is shared, and which may hang."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from django_pyz_runtime.serve.edge.readiness import Readiness
from tests.waiting import DEADLINE_SECONDS, wait_until


class Database:
    """One that hangs until it is let go."""

    def __init__(self) -> None:
        self.asked = 0
        self.failure: Exception | None = None
        self.goes_on = threading.Event()
        self.goes_on.set()

    def __call__(self) -> None:
        """Answer."""
        self.asked += 1
        failure = self.failure
        assert self.goes_on.wait(DEADLINE_SECONDS)
        if failure:
            raise failure


@pytest.fixture
def database() -> Iterator[Database]:
    """A database; nobody hangs at it when the test is over."""
    made = Database()
    yield made
    made.goes_on.set()


def test_each_probe_asks_anew_where_the_one_before_is_answered(database: Database) -> None:
    readiness = Readiness({"database": database})
    assert readiness() is True
    database.failure = RuntimeError("gone")
    assert readiness() is False
    database.failure = None
    assert readiness() is True
    assert database.asked == 3


def test_a_database_that_hangs_is_asked_once_and_all_are_told(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    database.goes_on.clear()
    readiness = Readiness({"passes": lambda: None, "database": database}, limit_seconds=0.05)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: readiness(), range(8)))
    answers.extend(readiness() for _ in range(3))
    assert answers == [False] * 11
    assert database.asked == 1
    assert caplog.messages == ["not ready: database: no answer within 0.05 seconds"]


def test_who_comes_while_others_are_asking_is_told_what_was_found_last(database: Database) -> None:
    readiness = Readiness({"database": database}, limit_seconds=DEADLINE_SECONDS)
    assert readiness() is True
    database.goes_on.clear()
    database.failure = RuntimeError("gone")
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(readiness)
        wait_until(lambda: database.asked == 2, "the check")
        assert readiness() is True
        database.goes_on.set()
        assert asking.result() is False


def test_once_a_database_answers_again_it_is_asked_again(database: Database) -> None:
    database.goes_on.clear()
    readiness = Readiness({"database": database}, limit_seconds=0.05)
    assert readiness() is False
    database.goes_on.set()
    wait_until(readiness, "it to be ready")


def test_a_connection_that_hangs_for_ever_does_not_hide_that_another_would_not(database: Database) -> None:
    hangs = threading.Event()

    def check() -> None:
        if not hangs.is_set():
            hangs.set()
            database()

    database.goes_on.clear()
    assert Readiness({"database": check}, 0.05, patience_seconds=DEADLINE_SECONDS)() is False
    hangs.clear()
    readiness = Readiness({"database": check}, 0.05, patience_seconds=0)
    assert readiness() is False
    assert readiness() is True


def test_each_round_that_hangs_doubles_the_time_until_the_next(database: Database) -> None:
    database.goes_on.clear()
    readiness = Readiness({"database": database}, limit_seconds=0, patience_seconds=0.01)
    wait_until(lambda: readiness() or database.asked == 4, lambda: database.asked)
    # 0.01, 0.02, 0.04 seconds, and 0.08 now.
    assert readiness._round is not None
    assert len(readiness._hanging) == 3
