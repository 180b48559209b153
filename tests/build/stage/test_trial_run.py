"""What running the settings shows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from django_pyz.options import Options
from django_pyz.python import find_python
from django_pyz.stage import trial_run
from django_pyz.stage.staged_project import Facts, StagedProject
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, STATIC_FOLDER
from django_pyz_runtime.errors import UserError
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


def test_a_folder_that_the_settings_read_and_nobody_copied_is_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    copy = write_tree(tmp_path / "copy", {"frontend/dist/app.js": "new"})
    root = write_tree(tmp_path / "shop", {"frontend/dist/app.js": "old", "node_modules/x/x.css": "4"})
    reads = [staged.project_folder / name for name in ("frontend/dist", "node_modules/x", "data", "nowhere")]

    added = trial_run.add_read_folders(staged, [*map(str, reads), "/usr/share/doc"], Options(), copy, root)

    assert added == ["frontend/dist", "node_modules/x"]
    assert (staged.project_folder / "frontend" / "dist" / "app.js").read_text() == "new"
    assert (staged.project_folder / "node_modules" / "x" / "x.css").read_text() == "4"


def _facts(staged: StagedProject, static: tuple[str, ...], made: tuple[str, ...] = ()) -> Facts:
    folder = staged.project_folder
    places = [str(folder / name) for name in static]
    return Facts(
        staticfiles=True,
        storage="",
        compressor=False,
        offline=False,
        caches=[],
        driverless={},
        reads=[],
        static=[*places, "/usr/share/doc"],
        made=[str(folder / name) for name in made],
        readings=[],
        given=[],
    )


def test_untracked_output_beside_tracked_files_is_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    write_tree(staged.project_folder, {"static/logo.svg": "tracked", "shop/static/shop/a.css": "tracked"})
    copy = write_tree(tmp_path / "copy", {"static/logo.svg": "", "static/css/site.css": "of the build command"})
    more = {"static/.env": "", "static/uploads/photo.jpg": "", "static/draft.js": "", "shop/static/shop/b.css": "new"}
    untracked = {**more, "static/css/site.css": "old", "stats.json": "{}", "notes.txt": "", "static/logo.svg": "old"}
    root = write_tree(tmp_path / "root", untracked)
    facts = _facts(staged, ("static", "shop/static", "stats.json", "nowhere", ""), ("static/uploads",))
    before = set(read_tree(staged.project_folder))

    added = trial_run.add_static_output(staged, facts, Options(exclude=("static/draft.js",)), copy, root)

    tree = read_tree(staged.project_folder)
    assert added == ["static", "shop/static", "stats.json"]
    assert set(tree) - before == {"static/css/site.css", "shop/static/shop/b.css", "stats.json"}
    assert (tree["static/css/site.css"], tree["static/logo.svg"]) == (b"of the build command", b"tracked")


def test_a_token_in_untracked_output_stops_the_build(staged: StagedProject, tmp_path: Path) -> None:
    token = "ghp_" + "x9Kq2Lw8Rt5Zv3Bn7Mc1Pd6Fg4Hj0Sa8Ye2U"
    root = write_tree(tmp_path / "shop", {"static/config.js": f"token = '{token}'"})

    with pytest.raises(UserError, match=r"static/config.js:1"):
        trial_run.add_static_output(staged, _facts(staged, ("static",)), Options(), root)


def test_what_is_excluded_or_secret_is_not_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "shop", {"assets/app.js": "", "assets/.env": "", "assets/draft.js": "", "old/x.js": ""}
    )
    reads = [str(staged.project_folder / name) for name in ("assets", "old")]

    added = trial_run.add_read_folders(staged, reads, Options(exclude=("old", "assets/draft.js")), root)

    assert added == ["assets"]
    assert [path.name for path in (staged.project_folder / "assets").iterdir()] == ["app.js"]


def test_a_token_in_what_is_brought_in_stops_the_build(staged: StagedProject, tmp_path: Path) -> None:
    token = "ghp_" + "x9Kq2Lw8Rt5Zv3Bn7Mc1Pd6Fg4Hj0Sa8Ye2U"
    root = write_tree(tmp_path / "shop", {"assets/config.js": f"token = '{token}'"})

    with pytest.raises(UserError, match=r"assets/config.js:1"):
        trial_run.add_read_folders(staged, [str(staged.project_folder / "assets")], Options(), root)


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
