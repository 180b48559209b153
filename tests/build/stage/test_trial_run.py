"""What running the settings shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from django_pyz.python import find_python
from django_pyz.stage import trial_run
from django_pyz.stage.staged_project import StagedProject
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, STATIC_FOLDER
from tests.build.trees import read_tree, write_tree


@pytest.fixture
def staged(tmp_path: Path) -> StagedProject:
    """A tree with a package and a project."""
    files = {"lib/a.py": "1", f"{PROJECT_FOLDER}/manage.py": "2", f"{PROJECT_FOLDER}/data/seed.json": "3"}
    tree = write_tree(tmp_path / "site-packages", files)
    return StagedProject(find_python(""), tree, tmp_path / "scratch")


def test_what_was_made_is_removed_and_named_by_its_topmost_part(staged: StagedProject, tmp_path: Path) -> None:
    before = trial_run.snapshot(staged.site_packages)
    contents = read_tree(staged.site_packages)
    made = {"var/log/x.log": "", "secret.txt": "", "data/more.json": "", "var/cache/y": ""}
    write_tree(staged.project_folder, made)
    write_tree(staged.site_packages, {"lib/generated.txt": "", f"{STATIC_FOLDER}/site.css": ""})

    assert trial_run.undo(staged, before, tmp_path).made == ["data/more.json", "secret.txt", "var/"]

    assert read_tree(staged.site_packages) == {**contents, f"{STATIC_FOLDER}/site.css": b""}


def test_what_was_changed_is_as_before(staged: StagedProject, tmp_path: Path) -> None:
    copy = write_tree(tmp_path / "copy", {"data/seed.json": "3"})
    before = trial_run.snapshot(staged.site_packages)
    (staged.project_folder / "data" / "seed.json").write_text("changed")

    assert trial_run.undo(staged, before, copy).made == []

    assert (staged.project_folder / "data" / "seed.json").read_text() == "3"


def test_what_the_project_removed_is_there_again(staged: StagedProject, tmp_path: Path) -> None:
    copy = write_tree(tmp_path / "copy", {"data/seed.json": "3"})
    before = trial_run.snapshot(staged.site_packages)
    (staged.project_folder / "data" / "seed.json").unlink()

    trial_run.undo(staged, before, copy)

    assert (staged.project_folder / "data" / "seed.json").read_text() == "3"


def test_packages_of_a_front_end_build_are_there_while_files_are_collected(
    staged: StagedProject, tmp_path: Path
) -> None:
    copy = write_tree(tmp_path / "copy", {"node_modules/.bin/minify": "", "web/node_modules/x.js": ""})
    before = trial_run.snapshot(staged.site_packages)

    with trial_run.node_modules_linked(staged, copy):
        assert (staged.project_folder / "node_modules" / ".bin" / "minify").is_file()
        assert (staged.project_folder / "web" / "node_modules" / "x.js").is_file()

    assert trial_run.undo(staged, before, copy).made == ["web/"]


def test_a_file_that_is_put_back_is_a_new_one(staged: StagedProject, tmp_path: Path) -> None:
    """The one that was changed may lie in the installer's cache too."""
    copy = write_tree(tmp_path / "copy", {"data/seed.json": "3"})
    seed = staged.project_folder / "data" / "seed.json"
    (tmp_path / "cached.json").hardlink_to(seed)
    before = trial_run.snapshot(staged.site_packages)
    seed.write_text("changed")

    trial_run.undo(staged, before, copy)

    assert (tmp_path / "cached.json").read_text() == "changed"
    assert seed.read_text() == "3"


def test_bytecode_is_of_no_more_use_once_something_was_written(staged: StagedProject, tmp_path: Path) -> None:
    compiled = write_tree(tmp_path / "compiled", {"bytecode/x.code": ""})
    staged = replace(staged, bytecode=compiled)
    before = trial_run.snapshot(staged.site_packages)

    assert trial_run.undo(staged, before, tmp_path) == ([], before)
    assert compiled.exists()

    (staged.project_folder / "new.py").write_text("")
    trial_run.undo(staged, before, tmp_path)
    assert not compiled.exists()


@pytest.mark.parametrize(
    ("path", "changes"),
    [("lib/a.py", True), ("lib/new.py", True), ("lib/a.txt", False), (f"{STATIC_FOLDER}/x.py", False)],
)
def test_a_module_that_was_written_changes_the_code(staged: StagedProject, path: str, changes: bool) -> None:
    before = trial_run.snapshot(staged.site_packages)

    write_tree(staged.site_packages, {path: "other"})

    assert trial_run.changes_code(before, trial_run.snapshot(staged.site_packages)) is changes


def test_a_module_that_was_removed_changes_the_code(staged: StagedProject) -> None:
    before = trial_run.snapshot(staged.site_packages)

    (staged.site_packages / "lib" / "a.py").unlink()

    assert trial_run.changes_code(before, trial_run.snapshot(staged.site_packages))
