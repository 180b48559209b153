"""Which files of a project go into the bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz import source_files
from django_pyz.errors import BuildError
from django_pyz.options import Options
from tests.build.trees import commit_all, git, write_tree


def _names(selection: source_files.Selection) -> list[str]:
    return [path.as_posix() for path in selection.files]


def _select(root: Path, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> source_files.Selection:
    return source_files.select(root, Options(include=include, exclude=exclude))


@pytest.mark.parametrize(
    ("name", "left_out", "reason"),
    [
        (".hg/store", ".hg/", "version control"),
        ("app/__pycache__/a.pyc", "app/__pycache__/", "cache"),
        (".mypy_cache/x", ".mypy_cache/", "cache"),
        ("a.pyc", "a.pyc", "cache"),
        ("ui/node_modules/x/index.js", "ui/node_modules/", "packages of a front-end build"),
        ("media/photo.jpg", "media/", "uploads"),
        ("env/pyvenv.cfg", "env/", "virtual environment"),
        ("db.sqlite3", "db.sqlite3", "database"),
        ("db.sqlite3-wal", "db.sqlite3-wal", "database"),
        (".env", ".env", "secrets"),
        ("conf/.env.production", "conf/.env.production", "secrets"),
        ("deploy/id_ed25519", "deploy/id_ed25519", "private key"),
        ("myproj/local_settings.py", "myproj/local_settings.py", "settings of this machine"),
        ("dist/shop.pyz", "dist/shop.pyz", "an earlier build"),
    ],
)
def test_what_does_not_belong_is_left_out_with_its_reason(
    tmp_path: Path, name: str, left_out: str, reason: str
) -> None:
    selection = _select(write_tree(tmp_path, {"manage.py": "", name: ""}))

    assert _names(selection) == ["manage.py"]
    assert selection.left_out == {left_out: reason}


@pytest.mark.parametrize(
    "name", ["media/__init__.py", "tests/test_it.py", "app/env.py", "static/.well-known/x", "a.pyi"]
)
def test_what_only_looks_like_it_stays(tmp_path: Path, name: str) -> None:
    assert _names(_select(write_tree(tmp_path, {name: ""}))) == [name]


def test_the_files_are_sorted(tmp_path: Path) -> None:
    assert _names(_select(write_tree(tmp_path, dict.fromkeys(("b", "a/z", "a.txt", "a/b"), "")))) == [
        "a/b",
        "a/z",
        "a.txt",
        "b",
    ]


@pytest.mark.parametrize("pattern", ["seed.sqlite3", "*.sqlite3"])
def test_an_included_file_goes_in_although_it_would_be_left_out(tmp_path: Path, pattern: str) -> None:
    selection = _select(write_tree(tmp_path, {"manage.py": "", "seed.sqlite3": ""}), include=(pattern,))

    assert (_names(selection), selection.left_out) == (["manage.py", "seed.sqlite3"], {})


def test_one_included_file_does_not_take_its_folder_along(tmp_path: Path) -> None:
    files = dict.fromkeys(("manage.py", "media/logo.png", "media/user.png", "media/2024/other.png"), "")
    selection = _select(write_tree(tmp_path, files), include=("media/logo.png",))

    assert _names(selection) == ["manage.py", "media/logo.png"]
    assert set(selection.left_out.values()) == {"uploads"}


@pytest.mark.parametrize("pattern", ["media", "media/", "media/*"])
def test_an_included_folder_goes_in_whole(tmp_path: Path, pattern: str) -> None:
    selection = _select(write_tree(tmp_path, {"media/a/b.png": "", "media/c.png": ""}), include=(pattern,))

    assert _names(selection) == ["media/a/b.png", "media/c.png"]


@pytest.mark.parametrize(
    ("pattern", "left_out"),
    [("docs", {"docs/": "excluded"}), ("docs/", {"docs/a.md": "excluded"}), ("*.md", {"docs/a.md": "excluded"})],
)
def test_what_is_excluded_stays_out(tmp_path: Path, pattern: str, left_out: dict[str, str]) -> None:
    selection = _select(write_tree(tmp_path, {"manage.py": "", "docs/a.md": ""}), exclude=(pattern,))

    assert (_names(selection), selection.left_out) == (["manage.py"], left_out)


def test_include_wins_over_exclude(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {"docs/a.md": "", "docs/b.md": ""})

    assert _names(_select(root, include=("docs/a.md",), exclude=("docs/*",))) == ["docs/a.md"]


def test_an_empty_selection_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"found no file to put in"):
        _select(tmp_path)


def test_without_git_there_is_no_commit(tmp_path: Path) -> None:
    assert _select(write_tree(tmp_path, {"manage.py": ""})).commit == ""


def test_with_git_only_tracked_files_go_in(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"manage.py": "", "straße.txt": ""}))
    write_tree(tmp_path, {"notes.txt": ""})

    selection = _select(tmp_path)

    assert _names(selection) == ["manage.py", "straße.txt"]
    assert selection.left_out == {".git/": "version control", "notes.txt": source_files.UNTRACKED}
    assert selection.commit == revision


def test_an_untracked_file_that_is_included_goes_in(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": ""}))
    write_tree(tmp_path, {"built/site.css": ""})

    assert _names(_select(tmp_path, include=("built",))) == ["built/site.css", "manage.py"]


def test_a_tracked_secret_stays_out_all_the_same(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": "", ".env": "KEY=1"}))

    assert _select(tmp_path).left_out[".env"] == "secrets"


def test_an_untracked_secret_is_called_a_secret(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": ""}))

    assert _select(write_tree(tmp_path, {".env": "KEY=1"})).left_out[".env"] == "secrets"


def test_a_changed_file_is_told_with_the_commit(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"manage.py": ""}))
    write_tree(tmp_path, {"manage.py": "import os"})

    assert _select(tmp_path).commit == f"{revision}+changes"


def test_a_change_outside_the_project_does_not_matter(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"web/manage.py": "", "README": ""}))
    write_tree(tmp_path, {"README": "changed"})

    selection = _select(tmp_path / "web")

    assert (_names(selection), selection.commit) == (["manage.py"], revision)


def test_a_project_that_a_repository_around_it_does_not_track_goes_in_whole(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path, {"README": ""}))
    write_tree(tmp_path, {"web/manage.py": ""})

    selection = _select(tmp_path / "web")

    assert (_names(selection), selection.commit) == (["manage.py"], "")


def test_a_repository_that_git_refuses_to_read_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit_all(write_tree(tmp_path, {"manage.py": ""}))
    write_tree(tmp_path, {"secret-notes.txt": ""})
    # git's own way to test what it says to a repository of another user, as in a container with a mounted folder.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(BuildError, match="dubious ownership"):
        _select(tmp_path)


def test_a_tracked_file_that_is_gone_is_told(tmp_path: Path) -> None:
    revision = commit_all(write_tree(tmp_path, {"manage.py": "", "app/models.py": ""}))
    (tmp_path / "app" / "models.py").unlink()

    selection = _select(tmp_path)

    assert selection.left_out == {".git/": "version control", "app/models.py": source_files.DELETED}
    assert selection.commit == f"{revision}+changes"


def test_the_tracked_files_of_a_submodule_go_in(tmp_path: Path) -> None:
    commit_all(write_tree(tmp_path / "library", {"code.py": ""}))
    commit_all(write_tree(tmp_path / "shop", {"manage.py": ""}))
    git(tmp_path / "shop", "submodule", "add", "--quiet", str(tmp_path / "library"), "library")
    git(tmp_path / "shop", "commit", "--quiet", "--message=Library")
    write_tree(tmp_path / "shop", {"library/notes.txt": ""})

    selection = _select(tmp_path / "shop")

    assert _names(selection) == [".gitmodules", "library/code.py", "manage.py"]
    assert selection.left_out["library/notes.txt"] == source_files.UNTRACKED


@pytest.mark.parametrize("with_git", [True, False])
def test_links_to_files_and_folders_go_in(tmp_path: Path, with_git: bool) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": "", "real/a.txt": ""})
    (root / "file").symlink_to("manage.py")
    (root / "folder").symlink_to("real")
    if with_git:
        commit_all(root)

    assert _names(_select(root)) == ["file", "folder/a.txt", "manage.py", "real/a.txt"]


def test_a_link_to_a_folder_above_does_not_go_round_in_circles(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": ""})
    (root / "loop").symlink_to(".")

    selection = _select(root)

    assert (_names(selection), selection.left_out) == (["manage.py"], {"loop/": "link to a folder around it"})
