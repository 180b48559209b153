"""The temporary folder of a build."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz.stage.scratch import scratch_folder

BUILDER = """\
import sys
from django_pyz.stage.scratch import scratch_folder
with scratch_folder() as folder:
    (folder / "large").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The system's folder for temporary files."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    return tmp_path


@contextlib.contextmanager
def _builder() -> Iterator[tuple[subprocess.Popen[str], Path]]:
    """Another build that is at work, and its folder."""
    command = [sys.executable, "-c", BUILDER]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment) as builder:
        assert builder.stdout is not None
        yield builder, Path(builder.stdout.readline().strip())
        builder.kill()


def test_the_folder_is_gone_afterwards(temporary: Path) -> None:
    with scratch_folder() as folder:
        assert list(folder.iterdir()) == []

    assert list(temporary.iterdir()) == []


def test_that_of_a_build_that_was_killed_is_removed_by_the_next(temporary: Path) -> None:
    with _builder() as (builder, folder):
        builder.kill()
        builder.wait()
    assert (folder / "large").is_file()

    with scratch_folder():
        assert not folder.exists()
    assert list(temporary.iterdir()) == []


def test_that_of_a_build_at_work_stays() -> None:
    with _builder() as (_, folder), scratch_folder():
        assert (folder / "large").is_file()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_build_that_is_stopped_leaves_nothing(temporary: Path, number: signal.Signals) -> None:
    with _builder() as (builder, folder):
        assert folder.is_dir()
        builder.send_signal(number)
        assert builder.wait(30) == 128 + number

    assert list(temporary.iterdir()) == []


def test_what_is_not_of_a_build_stays(temporary: Path) -> None:
    (temporary / "django-pyz-notes").mkdir()
    (temporary / "real").mkdir()
    (temporary / "django-pyz-link").symlink_to("real")

    with scratch_folder():
        pass

    assert {path.name for path in temporary.iterdir()} == {"django-pyz-notes", "real", "django-pyz-link"}
