"""What a command is told that looks for a file of the project where it was called."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.commands.folder_hint import hint


def _look_for(name: str) -> BaseException:
    """The error of code that looks for a file."""
    try:
        raise FileNotFoundError("not there")
    except FileNotFoundError as error:
        return error


@pytest.mark.parametrize("name", ["first.json", "./first.json", "data/second", "./data/second"])
def test_a_file_that_only_the_project_s_folder_has_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project, here = tmp_path / "project", tmp_path / "here"
    (project / "data").mkdir(parents=True)
    here.mkdir()
    for file in ("first.json", "data/second"):
        (project / file).touch()
    monkeypatch.chdir(here)

    assert hint(_look_for(name), project).startswith(f"{name} is in the project's folder, not in {here}")
    monkeypatch.chdir(project)
    assert hint(_look_for(name), project) == ""


@pytest.mark.parametrize("name", ["../project/first.json", "/etc/passwd", "-x/y", "word", "no.json"])
def test_what_need_not_be_a_file_of_the_project_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    project, here = tmp_path / "project", tmp_path / "here"
    for folder in (project, here):
        folder.mkdir()
    for file in ("first.json", "word"):
        (project / file).touch()
    monkeypatch.chdir(here)

    assert hint(_look_for(name), project) == ""
