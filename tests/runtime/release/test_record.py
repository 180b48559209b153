"""Records of what runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.release.record import WEB, Record, look, running

OTHER = """
import sys
from pathlib import Path
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.release.record import Record
manifest = Manifest("shop", "shop", "shop.settings", (), "3.11", version="1.4")
record = Record("web", Bundle(Path("/usr/bin/shop"), Path("/lib"), "b" * 64, manifest))
record.begin(Path(sys.argv[1]))
record.say(state="serving", status="two\\nlines \\x1b[31m")
print(record.path, flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _no_other_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RUNTIME_DIRECTORY", raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


@pytest.fixture
def other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[subprocess.Popen[str]]:
    """A process that keeps a record in the runtime folder of a service."""
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path / "run"))
    process = subprocess.Popen(
        [sys.executable, "-c", OTHER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout
        assert process.stdout.readline().strip() == str(tmp_path / f"run/web.{process.pid}.json")
        yield process
        process.kill()


def bundle(manifest: Manifest) -> Bundle:
    return Bundle(Path("/usr/bin/shop"), Path("/lib"), "b" * 64, manifest._replace(name="shop"))


def test_what_runs_is_found_with_what_it_says(other: subprocess.Popen[str], tmp_path: Path) -> None:
    [found] = running("shop", None)
    assert found.pid == other.pid
    assert [found.text(name) for name in ("role", "version", "build", "state")] == ["web", "1.4", "b" * 64, "serving"]
    assert found.text("status") == "two lines ?[31m"
    assert found.number("started") > 0
    assert look(other.pid, found.file) == found


def test_what_has_ended_is_not_found_whatever_its_file_says(other: subprocess.Popen[str], tmp_path: Path) -> None:
    [found] = running("shop", None)
    other.kill()
    other.wait()
    assert found.file.exists()
    assert running("shop", None) == []
    assert look(found.pid, found.file) is None


def test_the_kernel_says_whose_a_record_is_and_not_its_content(other: subprocess.Popen[str], tmp_path: Path) -> None:
    [found] = running("shop", None)
    found.file.write_text(json.dumps({"role": "web", "pid": 1}))
    [again] = running("shop", None)
    assert again.pid == other.pid

    (tmp_path / "run/web.1.json").write_text(json.dumps({"role": "web", "pid": 1}))
    assert [one.pid for one in running("shop", None)] == [other.pid]


@pytest.mark.parametrize("content", ["", "{", "[]", "[" * 100_000, '{"ended": "many"}'])
def test_a_record_that_makes_no_sense_is_one_of_a_process_all_the_same(
    content: str, other: subprocess.Popen[str]
) -> None:
    [found] = running("shop", None)
    found.file.write_text(content)
    [again] = running("shop", None)
    assert (again.pid, again.text("role"), again.number("ended")) == (other.pid, "", 0)


def test_links_pipes_and_other_files_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIME_DIRECTORY", str(tmp_path))
    (tmp_path / "web.1.json").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "web.2.json")
    (tmp_path / "web.sock").write_text("whatever")
    assert running("shop", None) == []


def test_the_left_over_of_a_killed_process_goes_with_the_next_start(
    other: subprocess.Popen[str], tmp_path: Path, manifest: Manifest
) -> None:
    other.kill()
    other.wait()
    record = Record(WEB, bundle(manifest))
    record.begin(tmp_path)
    assert [path.name for path in (tmp_path / "run").iterdir()] == [f"web.{os.getpid()}.json"]
    record.end()
    assert list((tmp_path / "run").iterdir()) == []


def test_where_nothing_can_be_written_there_is_none(tmp_path: Path, manifest: Manifest) -> None:
    (tmp_path / "file").write_text("")
    record = Record()
    record.begin(tmp_path / "file")
    record.say(state="serving")
    record.end()
    assert record.path == ""
