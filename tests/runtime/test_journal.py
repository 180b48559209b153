"""Events for systemd's journal, as they come to its socket."""

from __future__ import annotations

import array
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.errors import ERROR, WARNING
from django_pyz_runtime.journal import Journal
from tests.runtime.conftest import Python

WRITE = """
import os, sys
os.environ["JOURNAL_STREAM"] = "{0.st_dev}:{0.st_ino}".format(os.fstat(2))
from django_pyz_runtime import errors, journal
journal.send = journal.Journal(sys.argv[1]).send
errors.write("one line\\n", errors.NOTICE)
errors.write("two\\nlines\\n", errors.ERROR)
"""


class Listener:
    """The journal's end of its socket.

    Args:
        path: of the socket.
    """

    def __init__(self, path: Path) -> None:
        self.path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self.path)
        self._socket.settimeout(20)

    def event(self) -> dict[str, str]:
        """The fields of the next event; those of a large one are in a file that comes with it."""
        size = array.array("i").itemsize
        data, others, _, _ = self._socket.recvmsg(2**20, socket.CMSG_SPACE(size))
        if others:
            descriptor = array.array("i", others[0][2][:size])[0]
            data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
            os.close(descriptor)
        return fields(data)

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def fields(data: bytes) -> dict[str, str]:
    """The fields of an event, each in the form that tells its length."""
    found = {}
    while data:
        name, _, rest = data.partition(b"\n")
        length = int.from_bytes(rest[:8], "little")
        found[name.decode()] = rest[8 : 8 + length].decode()
        assert rest[8 + length : 9 + length] == b"\n"
        data = rest[9 + length :]
    return found


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    made = Listener(tmp_path / "socket")
    yield made
    made.close()


def test_an_event_of_several_lines_is_one(listener: Listener) -> None:
    assert Journal(listener.path).send("two\nlines \ud800", WARNING, {"LOGGER": "a\nb"})
    event = listener.event()
    assert (event["MESSAGE"], event["PRIORITY"], event["LOGGER"]) == ("two\nlines \\ud800", "4", "a\nb")
    assert event["SYSLOG_IDENTIFIER"]


def test_an_event_of_any_size_is_one(listener: Listener) -> None:
    message = "x" * 3_000_000
    assert Journal(listener.path).send(message, ERROR)
    assert listener.event()["MESSAGE"] == message


def test_where_there_is_no_socket_nothing_is_sent(tmp_path: Path) -> None:
    assert not Journal(str(tmp_path / "nothing")).send("x", ERROR)


def test_what_is_written_is_one_event_where_it_has_several_lines(listener: Listener, python: Python) -> None:
    python(WRITE, listener.path, stderr="<5>one line\n")
    assert listener.event()["MESSAGE"] == "two\nlines"


def test_without_a_socket_each_line_has_its_priority(tmp_path: Path, python: Python) -> None:
    python(WRITE, str(tmp_path / "nothing"), stderr="<5>one line\n<3>two\n<3>lines\n")
