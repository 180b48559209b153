"""Changes are all made, or all taken back, the last one first."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.changes import Changes


def _change(error: BaseException, *undo: Callable[[], None]) -> None:
    with Changes() as changes:
        for number, one in enumerate(undo, 1):
            changes.add(f"change {number}", one)
        raise error


def test_after_success_what_was_kept_goes() -> None:
    done: list[str] = []
    with Changes() as changes:
        changes.add("one", lambda: done.append("undo"), lambda: done.append("finish"))
    assert done == ["finish"]


def test_after_an_error_all_is_taken_back_in_reverse() -> None:
    done: list[int] = []
    with pytest.raises(UserError, match="everything is as it was before"):
        _change(UserError("no"), lambda: done.append(1), lambda: done.append(2))
    assert done == [2, 1]


def test_what_cannot_be_taken_back_is_told_and_the_others_are() -> None:
    done: list[str] = []

    def fail() -> None:
        raise UserError("disk gone")

    with pytest.raises(UserError) as told:
        _change(UserError("no"), lambda: done.append("one"), fail)
    assert told.value.problems == ("no", "change 2 could not be restored to its previous state: disk gone")
    assert done == ["one"]


def test_a_stop_takes_back_as_well() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        _change(KeyboardInterrupt(), lambda: done.append("one"))
    assert done == ["one"]
