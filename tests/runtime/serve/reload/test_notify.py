"""What the server tells the service manager."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.serve.reload.notify import Notifier, headline
from tests.waiting import DEADLINE_SECONDS


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    """The socket of a service manager."""
    with contextlib.closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as made:
        made.settimeout(DEADLINE_SECONDS)
        made.bind(str(tmp_path / "s") if request.param == "path" else f"\0{tmp_path}")
        yield made


def notifier(manager: socket.socket, **environ: str) -> Notifier:
    """One that speaks to a service manager."""
    name = manager.getsockname()
    address = name if isinstance(name, str) else "@" + name[1:].decode()
    variables = {"NOTIFY_SOCKET": address, **environ}
    made = Notifier.take(variables, 42)
    assert variables == {}
    return made


def heard(manager: socket.socket) -> list[str]:
    return manager.recv(4096).decode().splitlines()


def test_each_state_is_told_with_a_line_for_people(manager: socket.socket) -> None:
    tells = notifier(manager)
    tells.ready("2 workers")
    assert heard(manager) == ["READY=1", "STATUS=2 workers"]
    tells.stopping("bye")
    assert heard(manager) == ["STOPPING=1", "STATUS=bye"]
    tells.status("busy")
    assert heard(manager) == ["STATUS=busy"]


def test_a_reload_is_told_with_its_moment_in_microseconds(manager: socket.socket) -> None:
    before = time.monotonic_ns() // 1000
    notifier(manager).reloading("trying")
    reloading, moment, _ = heard(manager)
    assert reloading == "RELOADING=1"
    assert before <= int(moment.removeprefix("MONOTONIC_USEC=")) <= time.monotonic_ns() // 1000


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"WATCHDOG_USEC": "1"}, "WATCHDOG=1"),
        ({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "42"}, "WATCHDOG=1"),
        ({"WATCHDOG_USEC": "1", "WATCHDOG_PID": "43"}, "STATUS=end"),
        ({}, "STATUS=end"),
    ],
)
def test_a_sign_of_life_is_given_where_this_process_is_watched(
    environ: dict[str, str], said: str, manager: socket.socket
) -> None:
    tells = notifier(manager, **environ)
    tells.alive()
    tells.status("end")
    assert heard(manager) == [said]


def test_nobody_to_tell_and_nobody_who_listens_are_no_errors(tmp_path: Path) -> None:
    Notifier.take({}, 42).ready("so what")
    Notifier(str(tmp_path / "nosuch")).ready("so what")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("shop: wrong\nshop: do this", "shop: wrong"),
        ("Traceback (most recent call last):\n  File\nValueError: x\n", "ValueError: x"),
        ("", ""),
    ],
)
def test_the_headline_says_most(text: str, line: str) -> None:
    assert headline(text) == line


def test_a_start_that_ends_later_takes_no_refusal_back() -> None:
    notifier = Notifier("")
    notifier.asked()
    notifier.refused("reload refused", "the reason", is_ready=False)
    notifier.ready("1 of 1 workers")
    assert (notifier.record.facts["ended"], notifier.record.facts["refused"]) == (1, "the reason")
    notifier.asked()
    notifier.ready("1 of 1 workers")
    assert (notifier.record.facts["ended"], notifier.record.facts["refused"]) == (2, "")
