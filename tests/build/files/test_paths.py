"""Paths of files."""

from __future__ import annotations

import os
from pathlib import Path

from django_pyz.files.paths import files_below
from tests.build.trees import write_tree


def test_files_are_found_at_any_depth_and_sorted_by_path(tmp_path: Path) -> None:
    write_tree(tmp_path, {"b/c/d.txt": "", "b.txt": "", "a": "", "b/.hidden": ""})

    assert files_below(tmp_path) == ["a", "b.txt", "b/.hidden", "b/c/d.txt"]


def test_only_regular_files_and_links_to_them_are_files(tmp_path: Path) -> None:
    tree = write_tree(tmp_path / "tree", {"file": ""})
    (tree / "linked").symlink_to("file")
    (tree / "dead").symlink_to("nowhere")
    (tree / "folder").symlink_to(tmp_path)
    os.mkfifo(tree / "pipe")

    assert files_below(tree) == ["file", "linked"]
