"""Folders that settings name relative to the current folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.data.relative_folders import anchor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with a folder of each kind."""
    for name in ("assets", "templates", "locale"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_those_that_the_project_has_become_absolute(folder: Path) -> None:
    namespace: dict[str, Any] = {
        "STATICFILES_DIRS": ["assets", ("x", "./assets")],
        "LOCALE_PATHS": (Path("locale"),),
        "TEMPLATES": [{"BACKEND": "b", "DIRS": ["templates"]}],
    }

    anchor(namespace, folder)

    assert namespace == {
        "STATICFILES_DIRS": [f"{folder}/assets", ("x", f"{folder}/assets")],
        "LOCALE_PATHS": [folder / "locale"],
        "TEMPLATES": [{"BACKEND": "b", "DIRS": [f"{folder}/templates"]}],
    }


@pytest.mark.parametrize(
    "namespace",
    [
        {"STATICFILES_DIRS": ["/srv/assets", "elsewhere"]},
        {"TEMPLATES": [{"BACKEND": "b"}, {"DIRS": object}, "odd"]},
        {"LOCALE_PATHS": "locale", "FIXTURE_DIRS": None},
        {},
    ],
)
def test_all_else_stays_as_it_is(folder: Path, namespace: dict[str, Any]) -> None:
    before = dict(namespace)

    anchor(namespace, folder)

    assert namespace == before
