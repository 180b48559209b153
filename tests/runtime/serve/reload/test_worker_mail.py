"""What a master and its workers share."""

from __future__ import annotations

import os

import pytest

from django_pyz_runtime.serve.reload.worker_mail import Letterbox, OneCheck


def _in_a_child(box: Letterbox, text: str) -> None:
    child = os.fork()
    if child == 0:
        box.leave(text)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_a_letterbox_has_room_for_one_text_until_it_is_taken() -> None:
    box = Letterbox()
    assert box.take() == ""
    for text in ("one", "two"):
        _in_a_child(box, text)
    assert (box.take(), box.take()) == ("one", "")
    _in_a_child(box, "three")
    assert box.take() == "three"


def test_of_a_long_text_the_end_is_left() -> None:
    box = Letterbox()
    _in_a_child(box, "x" * 200_000 + "the end")
    assert box.take().endswith("x" * 50_000 + "the end")


def test_a_check_is_made_until_it_has_passed_once() -> None:
    made: list[bool] = []
    check = OneCheck()

    def passes(does: bool) -> None:
        made.append(does)
        if not does:
            raise ValueError("does not pass")

    with pytest.raises(ValueError, match="does not pass"):
        check.once(lambda: passes(False))
    for _ in range(2):
        check.once(lambda: passes(True))
    assert made == [False, True]
