"""Files with secrets that everybody can get at."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.secrets import private_files
from django_pyz_runtime.secrets.private_files import read
from tests.runtime.conftest import Load


@pytest.mark.parametrize(("mode", "is_readable", "is_writable"), [(0o640, False, False), (0o644, True, False)])
def test_everyones_rights_are_told(mode: int, is_readable: bool, is_writable: bool, open_folder: Path) -> None:
    path = open_folder / "key"
    path.write_bytes(b"hunter2")
    path.chmod(mode)
    assert read(path) == (b"hunter2", is_readable, is_writable)


def test_in_a_folder_that_is_closed_nobody_has_rights(open_folder: Path) -> None:
    (open_folder / "closed").mkdir(mode=0o700)
    path = open_folder / "closed/key"
    path.touch()
    path.chmod(0o666)
    (open_folder / "link").symlink_to(path)
    assert read(open_folder / "link") == (b"", False, False)


def test_the_secrets_of_a_container_count_as_closed(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files, "_OF_A_CONTAINER", open_folder)
    (open_folder / "key").touch(mode=0o444)
    assert read(open_folder / "key") == (b"", False, False)


@pytest.mark.parametrize(
    ("mode", "problem"),
    [(0o644, "holds a secret and can be read by everyone: chmod o-rwx"), (0o606, "can be written by everyone")],
)
def test_a_secret_in_a_file_of_its_own_must_be_closed(mode: int, problem: str, load: Load, open_folder: Path) -> None:
    folder = open_folder / "credentials"
    folder.mkdir(mode=0o755)
    for name in ("key", "settings.SECRET_KEY"):
        (folder / name).write_text("hunter2")
        (folder / name).chmod(mode)
    lines = f"[settings]\nA_TOKEN@file = {folder}/key\nB_TOKEN@credential = key\n"
    problems = load(lines, CREDENTIALS_DIRECTORY=str(folder)).problems
    assert [problem in text for text in problems] == [True] * 3
    assert "hunter2" not in str(problems)


def test_what_is_no_secret_may_be_open(load: Load, open_folder: Path) -> None:
    (open_folder / "colour").write_text("blue")
    (open_folder / "colour").chmod(0o644)
    assert load(f"[settings]\nCOLOUR@file = {open_folder}/colour\n").problems == ()
