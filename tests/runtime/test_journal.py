"""Events for systemd's journal, as they come to its socket."""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.errors import ERROR, WARNING
from django_pyz_runtime.journal import Journal
from tests.runtime.conftest import Python
from tests.runtime.journal_listener import Listener

WRITE = """
import os, sys
os.environ["JOURNAL_STREAM"] = "{0.st_dev}:{0.st_ino}".format(os.fstat(2))
from django_pyz_runtime import errors, journal
journal.send = journal.Journal(sys.argv[1]).send
errors.write("one line\\n", errors.NOTICE)
errors.write("two\\nlines\\n", errors.ERROR)
"""


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
