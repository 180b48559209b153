"""What running the settings shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz import dependencies, trial
from django_pyz.staged_project import StagedProject
from django_pyz_runtime.manifest import PROJECT_FOLDER, STATIC_FOLDER
from tests.build.trees import read_tree, write_tree


@pytest.fixture
def staged(tmp_path: Path) -> StagedProject:
    """A tree with a package and a project."""
    files = {"lib/a.py": "1", f"{PROJECT_FOLDER}/manage.py": "2", f"{PROJECT_FOLDER}/data/seed.json": "3"}
    tree = write_tree(tmp_path / "site-packages", files)
    return StagedProject(dependencies.find_python(""), tree, tmp_path / "scratch", "SHOP__")


def test_what_was_made_is_removed_and_named_by_its_topmost_part(staged: StagedProject, tmp_path: Path) -> None:
    before = trial.state(staged.site_packages)
    contents = read_tree(staged.site_packages)
    made = {"var/log/x.log": "", "secret.txt": "", "data/more.json": "", "var/cache/y": ""}
    write_tree(staged.project_folder, made)
    write_tree(staged.site_packages, {"lib/generated.txt": "", f"{STATIC_FOLDER}/site.css": ""})

    assert trial.undo(staged, before, tmp_path) == ["data/more.json", "secret.txt", "var/"]

    assert read_tree(staged.site_packages) == {**contents, f"{STATIC_FOLDER}/site.css": b""}


def test_what_was_changed_is_as_before(staged: StagedProject, tmp_path: Path) -> None:
    copy = write_tree(tmp_path / "copy", {"data/seed.json": "3"})
    before = trial.state(staged.site_packages)
    (staged.project_folder / "data" / "seed.json").write_text("changed")

    assert trial.undo(staged, before, copy) == []

    assert (staged.project_folder / "data" / "seed.json").read_text() == "3"


def test_a_folder_that_the_settings_read_and_nobody_copied_is_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    copy = write_tree(tmp_path / "copy", {"frontend/dist/app.js": "new"})
    root = write_tree(tmp_path / "shop", {"frontend/dist/app.js": "old", "node_modules/x/x.css": "4"})
    reads = [staged.project_folder / name for name in ("frontend/dist", "node_modules/x", "data", "nowhere")]

    added = trial.add_read(staged, [*map(str, reads), "/usr/share/doc"], copy, root)

    assert added == ["frontend/dist", "node_modules/x"]
    assert (staged.project_folder / "frontend" / "dist" / "app.js").read_text() == "new"
    assert (staged.project_folder / "node_modules" / "x" / "x.css").read_text() == "4"
