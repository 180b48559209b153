"""The version of a project."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.project import version
from tests.build.trees import SMALL_PROJECT, commit_all, git, write_tree

DYNAMIC = '[project]\nname = "My_Shop"\ndynamic = ["version"]\n'
INSTALLED = {"site-packages/my_shop-3.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: my-shop\nVersion: 3.1\n"}


@pytest.mark.parametrize(
    ("files", "wanted"),
    [
        ({"pyproject.toml": '[project]\nname = "shop"\nversion = "1.4.2"\n'}, "1.4.2"),
        ({"pyproject.toml": '[tool.poetry]\nname = "shop"\nversion = "2!1.0+local.1"\n'}, "2!1.0+local.1"),
        ({"pyproject.toml": DYNAMIC, **INSTALLED}, "3.1"),
        ({"pyproject.toml": DYNAMIC}, ""),
        ({"pyproject.toml": '[project]\nversion = "1.0; rm -rf /"\n'}, ""),
        ({"pyproject.toml": "[project]\nversion = 4\n"}, ""),
        (INSTALLED, ""),
        ({}, ""),
    ],
)
def test_it_is_what_the_project_says_of_itself(files: dict[str, str], wanted: str, tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SMALL_PROJECT, **files})
    assert version.find(root, [root], root / "site-packages") == wanted


def test_the_nearest_pyproject_decides(tmp_path: Path) -> None:
    declared = {"pyproject.toml": '[project]\nversion = "1"\n', "web/pyproject.toml": '[project]\nversion = "2"\n'}
    root = write_tree(tmp_path, declared)
    assert version.find(root, [root / "web", root], root) == "2"


def test_else_it_is_the_nearest_tag_or_the_day_of_the_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-11-28T23:30:00-05:00")
    root = write_tree(tmp_path / "shop", SMALL_PROJECT)
    commit_all(root)
    assert version.find(root, [root], root) == "2026.11.29"

    git(root, "tag", "v1.5.0")
    assert version.find(root, [root], root) == "1.5.0"

    write_tree(root, {"more.txt": "more"})
    commit_all(root)
    assert version.find(root, [root], root).startswith("1.5.0-1-g")
