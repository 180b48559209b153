"""What the settings read and git does not track is brought in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from django_pyz.options import Options
from django_pyz.python import find_python
from django_pyz.stage import read_folders
from django_pyz.stage.staged_project import Facts, StagedProject
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER
from django_pyz_runtime.errors import UserError
from tests.build.trees import read_tree, write_tree


@pytest.fixture
def staged(tmp_path: Path) -> StagedProject:
    """A tree with a package and a project."""
    files = {"lib/a.py": "1", f"{PROJECT_FOLDER}/manage.py": "2", f"{PROJECT_FOLDER}/data/seed.json": "3"}
    tree = write_tree(tmp_path / "site-packages", files)
    return StagedProject(find_python(""), tree, tmp_path / "scratch")


def test_a_folder_that_the_settings_read_and_nobody_copied_is_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    copy = write_tree(tmp_path / "copy", {"frontend/dist/app.js": "new"})
    root = write_tree(tmp_path / "shop", {"frontend/dist/app.js": "old", "node_modules/x/x.css": "4"})
    reads = [staged.project_folder / name for name in ("frontend/dist", "node_modules/x", "data", "nowhere")]

    added = read_folders.add_read_folders(staged, [*map(str, reads), "/usr/share/doc"], Options(), copy, root)

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
        uncertain=[],
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

    added = read_folders.add_static_output(staged, facts, Options(exclude=("static/draft.js",)), copy, root)

    tree = read_tree(staged.project_folder)
    assert added == ["static", "shop/static", "stats.json"]
    assert set(tree) - before == {"static/css/site.css", "shop/static/shop/b.css", "stats.json"}
    assert (tree["static/css/site.css"], tree["static/logo.svg"]) == (b"of the build command", b"tracked")


def test_a_token_in_untracked_output_stops_the_build(staged: StagedProject, tmp_path: Path) -> None:
    token = "ghp_" + "x9Kq2Lw8Rt5Zv3Bn7Mc1Pd6Fg4Hj0Sa8Ye2U"
    root = write_tree(tmp_path / "shop", {"static/config.js": f"token = '{token}'"})

    with pytest.raises(UserError, match=r"static/config.js:1"):
        read_folders.add_static_output(staged, _facts(staged, ("static",)), Options(), root)


def test_what_is_excluded_or_secret_is_not_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    root = write_tree(
        tmp_path / "shop", {"assets/app.js": "", "assets/.env": "", "assets/draft.js": "", "old/x.js": ""}
    )
    reads = [str(staged.project_folder / name) for name in ("assets", "old")]

    added = read_folders.add_read_folders(staged, reads, Options(exclude=("old", "assets/draft.js")), root)

    assert added == ["assets"]
    assert [path.name for path in (staged.project_folder / "assets").iterdir()] == ["app.js"]


def test_a_token_in_what_is_brought_in_stops_the_build(staged: StagedProject, tmp_path: Path) -> None:
    token = "ghp_" + "x9Kq2Lw8Rt5Zv3Bn7Mc1Pd6Fg4Hj0Sa8Ye2U"
    root = write_tree(tmp_path / "shop", {"assets/config.js": f"token = '{token}'"})

    with pytest.raises(UserError, match=r"assets/config.js:1"):
        read_folders.add_read_folders(staged, [str(staged.project_folder / "assets")], Options(), root)


def _package(name: str, **more: object) -> dict[str, str]:
    return {f"{name}/package.json": json.dumps({"name": name, **more}), f"{name}/dist/x.js": ""}


PACKAGES = {
    **_package("bootstrap", peerDependencies={"@popper/core": "*"}),
    **_package("@popper/core"),
    **_package("chart", dependencies={"colour": "*"}),
    **_package("colour"),
    **_package("icons"),
    **_package("by-python"),
    **_package("webpack", dependencies={"acorn": "*"}),
    **_package("acorn"),
    ".bin/webpack": "",
    ".package-lock.json": "{}",
}
OWN = {
    "package.json": json.dumps({"dependencies": {"bootstrap": "5", "chart": "4"}, "devDependencies": {"icons": "1"}}),
    "templates/home.html": "{% static 'vendor/icons/dist/x.js' %} {% static 'my-webpack/x.js' %}",
    "shop/settings.py": "FINDER = {'by-python': ['*.js']}",
    "webpack.config.js": "require('webpack/lib')",
}
NEEDED = {"bootstrap", "@popper/core", "chart", "colour", "icons", "by-python"}


def _with_packages(staged: StagedProject, tmp_path: Path, own: dict[str, str]) -> Path:
    write_tree(staged.project_folder, own)
    return write_tree(tmp_path / "shop", {**own, **{f"node_modules/{path}": text for path, text in PACKAGES.items()}})


def _brought_in(staged: StagedProject) -> set[str]:
    folder = staged.project_folder / "node_modules"
    return {path.parent.relative_to(folder).as_posix() for path in folder.glob("**/package.json")}


def test_of_all_packages_those_that_static_files_need_are_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    root = _with_packages(staged, tmp_path, OWN)
    folder = str(staged.project_folder / "node_modules")

    assert read_folders.add_read_folders(staged, [folder], Options(), root) == ["node_modules"]
    assert read_folders.add_static_output(staged, _facts(staged, ("node_modules",)), Options(), root) == []

    assert _brought_in(staged) == NEEDED
    assert not (staged.project_folder / "node_modules" / ".bin").exists()


def test_where_nothing_tells_them_apart_all_packages_are_brought_in(staged: StagedProject, tmp_path: Path) -> None:
    root = _with_packages(staged, tmp_path, {"package.json": "{}"})

    read_folders.add_read_folders(staged, [str(staged.project_folder / "node_modules")], Options(), root)

    assert _brought_in(staged) == {*NEEDED, "webpack", "acorn"}


def test_many_files_are_told_with_their_size_and_the_option_that_leaves_some_out(
    staged: StagedProject, tmp_path: Path
) -> None:
    root = _with_packages(staged, tmp_path, OWN)
    write_tree(root, {f"node_modules/chart/{number}.js": "x" * 10_000 for number in range(600)})
    folder = str(staged.project_folder / "node_modules")

    read_folders.add_read_folders(staged, [folder], Options(), root)
    note = read_folders.about(staged, "node_modules")

    assert note.startswith(
        "included node_modules, because the settings read it: 612 files, 6.0 MB, the largest of 6 folders"
    )
    assert "node_modules/chart (6.0 MB)" in note
    option = note.split("--exclude ")[1].split()[0]
    other = StagedProject(staged.python, write_tree(tmp_path / "other", {}), tmp_path)
    write_tree(other.project_folder, OWN)
    place = str(other.project_folder / "node_modules")
    read_folders.add_read_folders(other, [place], Options(exclude=(option,)), root)
    assert _brought_in(other) == NEEDED - {"chart"}
