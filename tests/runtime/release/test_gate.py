"""The gate before the site, each side in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz_runtime.release.gate import NAME, Closing, Gate, held
from tests.runtime.conftest import clean_environment

INSIDE = """
import sys
from pathlib import Path
from django_pyz_runtime.release.gate import Gate
gate = Gate()
gate.begin(Path(sys.argv[1]))
print(gate.enter(), flush=True)
sys.stdin.readline()
gate.leave()
print(gate.enter(), flush=True)
"""
CLOSES = """
import sys
from pathlib import Path
from django_pyz_runtime.release.gate import Closing
closing = Closing(Path(sys.argv[1], "gate"))
closing.hold(sys.argv[2]) if sys.argv[2] else None
print(closing.is_empty(), flush=True)
sys.stdin.readline()
"""


def start(code: str, *arguments: str | Path) -> subprocess.Popen[str]:
    """A process that has said its first word."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=clean_environment(), stdin=pipe, stdout=pipe, text=True)


def said(process: subprocess.Popen[str]) -> str:
    """Its next line."""
    assert process.stdout
    return process.stdout.readline().strip()


def test_the_upgrade_waits_for_who_is_inside_and_nobody_else_gets_in(tmp_path: Path) -> None:
    with start(INSIDE, tmp_path) as inside:
        assert said(inside) == "True"
        closing = Closing(tmp_path / NAME)
        assert not closing.is_empty()
        assert closing.inside() == inside.pid
        out, _ = inside.communicate("\n")
        assert out == "False\n"
    assert closing.is_empty()
    assert closing.inside() == 0
    closing.open()
    gate = Gate()
    assert gate.begin(tmp_path) == str(tmp_path / NAME)
    assert gate.enter()
    gate.leave()


@pytest.mark.parametrize("why", ["", "upgrade to 1.1"])
def test_a_kill_opens_it_unless_it_is_held(tmp_path: Path, why: str) -> None:
    gate = Gate()
    gate.begin(tmp_path)
    with start(CLOSES, tmp_path, why) as upgrade:
        assert said(upgrade) == "True"
        assert gate.is_closed
        assert not gate.enter()
        assert held(str(tmp_path / NAME)) == ""
        upgrade.send_signal(signal.SIGKILL)
    assert held(str(tmp_path / NAME)) == why
    assert gate.is_closed == bool(why)
    closing = Closing(tmp_path / NAME)
    closing.open()
    assert not gate.is_closed


def test_a_second_upgrade_cannot_close_it(tmp_path: Path) -> None:
    with start(CLOSES, tmp_path, "") as upgrade:
        said(upgrade)
        with pytest.raises(OSError, match="temporarily unavailable"):
            Closing(tmp_path / NAME)
        upgrade.communicate("\n")


def test_where_there_can_be_no_file_it_is_open(tmp_path: Path) -> None:
    gate = Gate()
    assert gate.enter()
    gate.leave()
    assert gate.begin(tmp_path / "missing") == ""
    assert gate.enter()
    assert not gate.is_closed


def test_another_file_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("of somebody else")
    os.symlink(other, tmp_path / NAME)
    with pytest.raises(OSError, match="symbolic links"):
        Closing(tmp_path / NAME)
    (tmp_path / NAME).unlink()
    os.link(other, tmp_path / NAME)
    with pytest.raises(OSError, match="is not a plain file"):
        Closing(tmp_path / NAME)
    assert other.read_text() == "of somebody else"
