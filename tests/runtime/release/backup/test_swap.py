"""Restored files take the place of others, or those come back."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.changes import Changes
from django_pyz_runtime.release.backup.places import Place
from django_pyz_runtime.release.backup.swap import Swap
from tests.build.trees import write_tree

OLD = {"a": "old", "deep/b": "old", "db/site.sqlite3": "database", "db/other": "old"}


def tree(folder: Path) -> dict[str, str]:
    """The files in a folder."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def swapped(folder: Path, error: Exception | None = None) -> None:
    """Put new files in the place of those in a folder."""
    swap = Swap(Place("media", folder), is_folder=True, excluded={folder / "db" / "site.sqlite3"})
    write_tree(swap.new, {"a": "new", "c/d": "new", "db/new": "new"})
    try:
        with Changes() as changes:
            swap.put_in_place(changes)
            if error:
                raise error
        swap.forget()
    finally:
        swap.close()


def test_what_is_excluded_stays(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "media", OLD)
    inode = folder.stat().st_ino
    swapped(folder)
    assert tree(folder) == {"a": "new", "c/d": "new", "db/new": "new", "db/site.sqlite3": "database"}
    assert folder.stat().st_ino == inode


def test_after_an_error_the_old_is_back(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "media", OLD)
    with pytest.raises(UserError, match="as it was before"):
        swapped(folder, UserError("no"))
    assert tree(folder) == OLD
    assert {path.name for path in folder.iterdir()} == {"a", "deep", "db"}


def test_a_folder_that_was_made_is_gone_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError):
        swapped(tmp_path / "above" / "media", UserError("no"))
    assert os.listdir(tmp_path) == []


def test_a_file_takes_the_place_of_one_and_its_neighbours_stay(tmp_path: Path) -> None:
    folder = write_tree(tmp_path, {"secret_key": "old", "other": "mine"})
    swap = Swap(Place("secret_key", folder / "secret_key"), is_folder=False, excluded=set())
    swap.new.write_text("new")
    with Changes() as changes:
        swap.put_in_place(changes)
    swap.forget()
    swap.close()
    assert tree(folder) == {"secret_key": "new", "other": "mine"}


def test_what_cannot_be_brought_back_is_kept_and_named(tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "media", {"a": "old"})
    swap = Swap(Place("media", folder), is_folder=True, excluded=set())

    def fail() -> None:
        with Changes() as changes:
            swap.put_in_place(changes)
            # Somebody makes a folder where the old file belongs.
            (folder / "a").mkdir()
            raise UserError("no")

    with pytest.raises(UserError) as told:
        fail()
    swap.close()
    place = str(told.value).rpartition(" files are in ")[2]
    assert tree(Path(place)) == {"a": "old"}
