"""A private copy of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.files import working_copy
from django_pyz_runtime.errors import UserError
from tests.build.trees import commit_all, git, read_tree, write_tree


def test_only_the_chosen_files_of_the_project_are_copied(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": "1", "a/b/c.txt": "2", "a/b/d.txt": "3"})

    working_copy.copy_files(root, (Path("manage.py"), Path("a/b/c.txt")), tmp_path / "tree")

    assert read_tree(tmp_path / "tree") == {
        "manage.py": b"1",
        "a/b/c.txt": b"2",
    }


def test_a_link_becomes_what_it_points_to(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"real.txt": "1"})
    (root / "link.txt").symlink_to("real.txt")

    working_copy.copy_files(root, (Path("link.txt"),), tmp_path / "tree")

    copied = tmp_path / "tree" / "link.txt"
    assert not copied.is_symlink()
    assert copied.read_text() == "1"


def test_a_link_to_nowhere_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to("gone.txt")

    with pytest.raises(UserError, match=rf"(?m)^{tmp_path}/link.txt: cannot be read \(no such file or directory\)$"):
        working_copy.copy_files(tmp_path, (Path("link.txt"),), tmp_path / "tree")


def test_the_copy_has_the_name_of_the_project_and_its_neighbours_beside_it(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "work" / "shop", {"manage.py": "1", "secret.txt": "2"})
    write_tree(tmp_path / "work" / "library", {"lib.py": "3"})

    copy = working_copy.make(root, [Path("manage.py")], tmp_path / "source")

    assert copy.name == "shop"
    assert read_tree(copy) == {"manage.py": b"1"}
    assert (copy / ".." / "library" / "lib.py").read_text() == "3"


def test_the_copy_has_the_history_and_cannot_change_that_of_the_original(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": "1"})
    commit_all(root)
    git(root, "tag", "1.5")
    copy = working_copy.make(root, [Path("manage.py")], tmp_path / "source")

    working_copy.add_history(root, copy)

    assert git(copy, "describe", "--tags", "--dirty").strip() == "1.5"
    (copy / "manage.py").write_text("2")
    commit_all(copy)
    git(copy, "config", "core.hooksPath", "/elsewhere")
    assert git(root, "rev-list", "--count", "HEAD").strip() == "1"
    assert "hooksPath" not in (root / ".git" / "config").read_text()


def test_a_folder_without_git_has_no_history(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "shop", {"manage.py": "1"})
    copy = working_copy.make(root, [Path("manage.py")], tmp_path / "source")

    working_copy.add_history(root, copy)

    assert list(copy.iterdir()) == [copy / "manage.py"]


def test_build_commands_run_in_the_copy_with_the_programs_and_variables_of_the_build(tmp_path: Path) -> None:
    programs = write_tree(tmp_path / "venv" / "bin", {"greet": "#!/bin/sh\necho hello $WHOM\n"})
    (programs / "greet").chmod(0o755)
    copy = write_tree(tmp_path / "shop", {"a.txt": ""})

    working_copy.run_commands(["greet > said.txt", "cp said.txt again.txt"], copy, programs, {"WHOM": "world"})

    assert (copy / "again.txt").read_text() == "hello world\n"


def test_a_build_command_that_fails_ends_the_build_with_what_it_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"(?m)cannot run the build command `echo no >&2; false`.*\n  no$"):
        working_copy.run_commands(["echo no >&2; false", "touch later"], tmp_path, tmp_path, {})
    assert not (tmp_path / "later").exists()
