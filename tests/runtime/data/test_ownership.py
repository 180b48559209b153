"""What root makes in a data folder of another user's belongs to that user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runtime.conftest import clean_environment
from tests.waiting import DEADLINE_SECONDS

pytestmark = pytest.mark.needs("root")
NOBODY = 65534
# Hooks cannot be taken out again, so each trial has a process of its own.
PROGRAM = """
import os, pathlib, shutil, sqlite3, tempfile
from django_pyz_runtime.data import ownership
data = pathlib.Path("data").absolute()
ownership.keep(data)
{statements}
"""
WAYS = {
    "a folder in a folder": ("os.makedirs(data / 'a' / 'b')", ["a", "a/b"]),
    "a file": ("(data / 'a').write_text('x')", ["a"]),
    "a file of a relative path": ("os.chdir(data); open('a', 'a')", ["a"]),
    "a file that is put in place": (
        "file, name = tempfile.mkstemp(dir=data); os.rename(name, data / 'a')",
        ["a"],
    ),
    "a file from elsewhere in the place of one": ("open('new', 'w'); os.rename('new', data / 'there')", ["there"]),
    "a file with a second name": (
        "open(data / 'x', 'w'); os.link(data / 'x', data / 'a'); os.unlink(data / 'x')",
        ["a"],
    ),
    "a database": (
        "base = sqlite3.connect(data / 'a'); base.execute('PRAGMA journal_mode = WAL'); "
        "base.execute('CREATE TABLE one (number)'); ownership.give(); os._exit(0)",
        ["a", "a-wal", "a-shm"],
    ),
    "what a link in the data leads to": ("(data / 'inside' / 'a').touch()", ["folder/a"]),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder of nobody's with a file, and a link into a folder of it."""
    data = tmp_path / "data"
    (data / "folder").mkdir(parents=True)
    (data / "inside").symlink_to("folder")
    (data / "there").touch()
    for path in (data, *data.iterdir()):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
    return tmp_path


def run(folder: Path, statements: str) -> None:
    environment = clean_environment()
    program = PROGRAM.format(statements=statements)
    subprocess.run([sys.executable, "-c", program], cwd=folder, env=environment, check=True, timeout=DEADLINE_SECONDS)


@pytest.mark.parametrize("way", WAYS)
def test_it_is_given_away(way: str, folder: Path) -> None:
    statements, made = WAYS[way]
    run(folder, statements)
    owners = {name: (status := (folder / "data" / name).stat()) and (status.st_uid, status.st_gid) for name in made}
    assert owners == dict.fromkeys(made, (NOBODY, NOBODY))


@pytest.mark.parametrize(
    ("statements", "kept"),
    [
        ("open('beside', 'w')", "beside"),
        ("os.link('of-root', data / 'a')", "of-root"),
        ("os.symlink(os.path.abspath('of-root'), data / 'a'); open(data / 'a', 'a')", "of-root"),
        ("os.symlink(os.path.abspath('.'), data / 'a'); open(data / 'a' / 'new', 'a')", "new"),
        ("ownership.stop(); open(data / 'a', 'a')", "data/a"),
    ],
)
def test_nothing_else_is(statements: str, kept: str, folder: Path) -> None:
    (folder / "of-root").touch()
    run(folder, statements)
    assert (folder / kept).stat().st_uid == 0
    assert (folder / "of-root").stat().st_uid == 0
