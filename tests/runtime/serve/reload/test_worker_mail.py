"""What a master and its workers share."""

from __future__ import annotations

import os

import pytest

from django_pyz_runtime.serve.reload.worker_mail import CheckOnce, SharedLine, WorkerMail


def _in_a_child(mail: WorkerMail, text: str) -> None:
    child = os.fork()
    if child == 0:
        mail.leave(text)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


def test_there_is_room_for_one_text_until_it_is_taken() -> None:
    mail = WorkerMail()
    assert mail.take() == ""
    for text in ("one", "two"):
        _in_a_child(mail, text)
    assert (mail.take(), mail.take()) == ("one", "")
    _in_a_child(mail, "three")
    assert mail.take() == "three"


def test_of_a_long_text_the_end_is_left() -> None:
    mail = WorkerMail()
    _in_a_child(mail, "x" * 200_000 + "the end")
    assert mail.take().endswith("x" * 50_000 + "the end")


def test_a_check_is_made_until_it_has_passed_once() -> None:
    made: list[bool] = []
    check = CheckOnce()

    def passes(does: bool) -> None:
        made.append(does)
        if not does:
            raise ValueError("does not pass")

    with pytest.raises(ValueError, match="does not pass"):
        check.once(lambda: passes(False))
    for _ in range(2):
        check.once(lambda: passes(True))
    assert made == [False, True]


def test_a_line_is_read_until_there_is_another() -> None:
    line = SharedLine()
    assert line.read() == ""
    line.write("waiting for a very long time: " + "x" * 5000)
    assert line.read().startswith("waiting for a very long time: xxx")
    line.write("waiting")
    assert [line.read(), line.read()] == ["waiting", "waiting"]
    line.write("")
    assert line.read() == ""
