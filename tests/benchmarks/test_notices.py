"""What a server tells its service manager."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.notices import Notices


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[Notices]:
    """The manager's end."""
    with Notices(str(tmp_path)) as made:
        yield made


def say(notices: Notices, text: str) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.sendto(text.encode(), notices.address)


def never() -> bool:
    return False


def test_a_line_is_found_among_others_and_in_a_later_message(notices: Notices) -> None:
    say(notices, "STATUS=READY=1 comes soon")
    say(notices, "STATUS=all is well\nREADY=1")

    assert notices.wait_for("READY=1", 10, never) is not None


def test_what_was_said_before_is_not_taken_for_news_once_it_is_forgotten(notices: Notices) -> None:
    say(notices, "READY=1")
    say(notices, "STATUS=2 workers")
    notices.forget()

    assert notices.wait_for("READY=1", 0.1, never) is None

    say(notices, "READY=1")
    assert notices.wait_for("READY=1", 10, never) is not None


def test_nobody_waits_for_a_server_that_has_ended(notices: Notices) -> None:
    assert notices.wait_for("READY=1", 1e9, lambda: True) is None
