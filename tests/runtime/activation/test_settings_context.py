"""What the settings find around them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.management import utils

from django_pyz_runtime.activation.settings_hook import in_folder, same_key


def test_the_current_folder_is_the_projects_and_then_what_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path)

    with in_folder(tmp_path / "project"):
        assert Path.cwd() == tmp_path / "project"

    assert Path.cwd() == tmp_path


def test_a_current_folder_that_is_gone_stays_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    with in_folder(tmp_path), pytest.raises(FileNotFoundError):
        os.getcwd()


def test_a_key_made_up_by_the_settings_is_the_one_that_is_kept() -> None:
    original = utils.get_random_secret_key

    with same_key(lambda: "kept"):
        assert utils.get_random_secret_key() == "kept"

    assert utils.get_random_secret_key is original
