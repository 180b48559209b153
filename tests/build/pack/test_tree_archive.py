"""A tree as one file."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from django_pyz.files.paths import files_below
from django_pyz.pack import tree_archive
from django_pyz.pack.tree_archive import Member, read_members
from django_pyz_runtime.bundle.blocks import Layout, read_layout
from django_pyz_runtime.bundle.container import DEFLATE, LZMA, STORED
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_tree

WORDS = " ".join(str(number) for number in range(5000))
TREE = {
    "a.py": WORDS,
    "b/copy.py": WORDS,
    "b/empty.py": "",
    "c/empty.py": "",
    "locale/de/LC_MESSAGES/django.po": WORDS[:9000],
    "locale/de/LC_MESSAGES/django.mo": WORDS[:8000],
    "packed.gz": "",
}


def _write(folder: Path, compression: str) -> tuple[Layout, list[Member]]:
    root = write_tree(folder / "tree", TREE)
    (root / "packed.gz").write_bytes(random.Random(1).randbytes(5000))
    members = read_members({path: root / path for path in files_below(root)})
    place = tree_archive.write(members, folder / "archive", compression)
    tree_archive.check(folder / "archive", place, members)
    with (folder / "archive").open("rb") as file:
        return read_layout("archive", file.fileno(), place), members


@pytest.mark.parametrize(
    ("compression", "methods"),
    [
        ("balanced", {".py": DEFLATE, ".po": LZMA, ".mo": LZMA, ".gz": STORED}),
        ("deflate", {".py": DEFLATE, ".po": DEFLATE, ".mo": DEFLATE, ".gz": DEFLATE}),
        ("lzma", {".py": LZMA, ".po": LZMA, ".mo": LZMA, ".gz": LZMA}),
        ("stored", dict.fromkeys((".py", ".po", ".mo", ".gz"), STORED)),
    ],
)
def test_each_kind_of_file_is_compressed_as_wanted(tmp_path: Path, compression: str, methods: dict[str, str]) -> None:
    layout, _ = _write(tmp_path, compression)

    found = {os.path.splitext(file.name)[1]: block.compression for block in layout.blocks for file in block.files}
    assert found == methods


def test_each_content_is_there_once(tmp_path: Path) -> None:
    layout, members = _write(tmp_path, "balanced")

    assert layout.links == [("b/copy.py", "a.py")]
    assert sum(len(block.files) for block in layout.blocks) == len(members) - 1


def test_a_program_is_no_copy_of_a_file_that_is_none(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a": "x", "b": "x"})
    (root / "b").chmod(0o755)
    place = tree_archive.write(read_members({"a": root / "a", "b": root / "b"}), tmp_path / "archive", "balanced")
    with (tmp_path / "archive").open("rb") as file:
        assert read_layout("archive", file.fileno(), place).links == []


def test_what_cannot_be_read_back_is_no_archive(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a": "right"})
    place = tree_archive.write(read_members({"a": root / "a"}), tmp_path / "archive", "stored")
    (root / "a").write_text("other")

    with pytest.raises(UserError, match="cannot be read back"):
        tree_archive.check(tmp_path / "archive", place, read_members({"a": root / "a"}))
