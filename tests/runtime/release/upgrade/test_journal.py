"""What an upgrade writes down."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from django_pyz_runtime.release.upgrade.journal import Journal, Note
from tests import programs

NOTE = Note("upgrade", "b" * 64, "a" * 64, "migrate", "/root/shop.pyz", "/var/backup", ("shop.0002",))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    """A journal in a folder that is not there yet."""
    return Journal(tmp_path / "lib/shop/upgrade.json")


def test_a_note_is_read_as_it_was_written(journal: Journal) -> None:
    assert journal.read() is None
    journal.write(NOTE)
    assert journal.read() == NOTE
    assert os.listdir(journal.path.parent) == ["upgrade.json"]
    journal.remove()
    assert journal.read() is None


@pytest.mark.needs(programs.ROOT)
def test_what_another_user_has_written_is_not_believed(journal: Journal) -> None:
    journal.write(NOTE)
    os.chown(journal.path, 65534, 65534)
    assert journal.read() is None


def test_a_link_is_not_followed(journal: Journal, tmp_path: Path) -> None:
    journal.write(NOTE)
    journal.path.rename(tmp_path / "elsewhere")
    journal.path.symlink_to(tmp_path / "elsewhere")
    assert journal.read() is None
    journal.write(NOTE)
    assert journal.read() == NOTE
    assert not journal.path.is_symlink()


@pytest.mark.parametrize(
    "changes", [{"to": "../../etc"}, {"before": "x"}, {"what": "run"}, {"migrations": None}, {"to": 1}]
)
def test_what_makes_no_sense_is_not_believed(journal: Journal, changes: dict[str, object]) -> None:
    journal.write(NOTE)
    journal.path.write_text(json.dumps({**NOTE._asdict(), **changes}))
    assert journal.read() is None
    journal.path.write_text("[1]")
    assert journal.read() is None


def test_a_note_of_another_release_may_say_less_or_more(journal: Journal) -> None:
    journal.write(NOTE)
    found = NOTE._asdict()
    del found["options"]
    journal.path.write_text(json.dumps({**found, "colour": "red"}))
    assert journal.read() == NOTE


def test_what_a_killed_process_has_left_goes_with_the_note(journal: Journal) -> None:
    journal.write(NOTE)
    journal.path.with_name(".upgrade.json.123").touch()
    journal.remove()
    assert os.listdir(journal.path.parent) == []


def test_what_goes_on_knows_what_was_done() -> None:
    left = NOTE._replace(started=("shop-mail.service",), step="units")
    again = Note("upgrade", NOTE.to, "", options=("--timeout=9",))
    assert again.going_on(None) == again
    assert again.going_on(left._replace(to="c" * 64)) == again
    assert again.going_on(left._replace(what="rollback")) == again
    assert again.going_on(left) == left._replace(options=("--timeout=9",), step="", file="")
