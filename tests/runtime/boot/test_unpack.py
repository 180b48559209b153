"""Cold start: from an archive to a tree that is complete or not there."""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.boot.releases import remove
from django_pyz_runtime.boot.unpack import unpack
from django_pyz_runtime.bundle.container import CONTAINER, DEFLATE, LZMA, STORED, Container, Tree, read_container
from django_pyz_runtime.errors import UserError
from tests.runtime.conftest import run_as

FILES = {"site-packages/a.py": b"A = 1\n", "site-packages/pkg/deep/run": b"#!/bin/sh\n", "site-packages/empty": b""}


def archive_bytes(
    files: dict[str, bytes] = FILES, compression: str = DEFLATE, links: Sequence[tuple[str, str]] = (), **changes: Any
) -> bytes:
    """An archive as the build wing makes it, or with a change to what it says of itself; programs are called run."""
    folders = sorted({str(folder) for name in files for folder in Path(name).parents if folder.name})
    entries = [
        [
            folders.index(folder) if (folder := os.path.dirname(name)) in folders else -1,
            os.path.basename(name),
            len(data),
            name[-3:] == "run",
        ]
        for name, data in files.items()
    ]
    content = b"".join(files.values())
    compress: dict[str, Callable[[bytes], bytes]] = {DEFLATE: zlib.compress, LZMA: lzma.compress, STORED: bytes}
    block = compress[compression](content)
    blocks = [[0, len(block), hashlib.sha256(block).hexdigest(), compression, entries]]
    index = zlib.compress(json.dumps({"folders": folders, "blocks": blocks, "links": list(links)}).encode())
    start = b"#!/bin/sh\n"
    tree = {
        "offset": len(start),
        "index_offset": len(block),
        "index_size": len(index),
        "index_sha256": hashlib.sha256(index).hexdigest(),
    }
    runs_on = {"python": "3.11", "bound_to_python": False, "least_patch": 0, "below_patch": 0, "has_extensions": False}
    told = {"format": 3, "name": "project", "build_id": "b", **runs_on, "tree": tree}
    archive = io.BytesIO(start + block + index)
    archive.seek(0, os.SEEK_END)
    with zipfile.ZipFile(archive, "a") as outer:
        outer.writestr(CONTAINER, json.dumps({**told, **changes}))
    return archive.getvalue()


def unpacked(folder: Path, content: bytes) -> Path:
    """The tree of an archive."""
    (folder / "archive").write_bytes(content)
    executable = str(folder / "archive")
    unpack(executable, read_container(executable), str(folder / "tree"))
    return folder / "tree"


def contents(tree: Path) -> dict[str, bytes]:
    return {str(path.relative_to(tree)): path.read_bytes() for path in tree.rglob("*") if path.is_file()}


def test_a_tree_holds_what_the_archive_holds(tmp_path: Path) -> None:
    assert contents(unpacked(tmp_path, archive_bytes())) == FILES


def test_a_tree_is_read_only_and_programs_stay_programs(tmp_path: Path) -> None:
    tree = unpacked(tmp_path, archive_bytes())
    modes = {str(path.relative_to(tree)): stat.S_IMODE(path.stat().st_mode) for path in [tree, *tree.rglob("*")]}
    assert modes == {
        ".": 0o555,
        "site-packages": 0o555,
        "site-packages/a.py": 0o444,
        "site-packages/empty": 0o444,
        "site-packages/pkg": 0o555,
        "site-packages/pkg/deep": 0o555,
        "site-packages/pkg/deep/run": 0o555,
    }


@pytest.mark.parametrize("compression", [DEFLATE, LZMA, STORED])
def test_a_tree_is_the_same_however_it_is_compressed(compression: str, tmp_path: Path) -> None:
    files = {**FILES, "site-packages/large": os.urandom(3_000_000) + bytes(3_000_000)}
    assert contents(unpacked(tmp_path, archive_bytes(files, compression))) == files


@pytest.mark.parametrize("compression", [DEFLATE, LZMA, STORED])
def test_a_large_file_may_have_a_block_of_its_own(compression: str, tmp_path: Path) -> None:
    files = {"site-packages/large": os.urandom(3_000_000) + bytes(3_000_000)}
    assert contents(unpacked(tmp_path, archive_bytes(files, compression))) == files


def test_files_of_the_same_content_are_one_on_disk(tmp_path: Path) -> None:
    tree = unpacked(tmp_path, archive_bytes(links=[("site-packages/new/b.py", "site-packages/a.py")]))
    assert contents(tree) == {**FILES, "site-packages/new/b.py": b"A = 1\n"}
    assert (tree / "site-packages/new/b.py").samefile(tree / "site-packages/a.py")


def test_the_umask_changes_nothing(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        tree = unpacked(tmp_path, archive_bytes())
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tree.rglob("*")} == {0o444, 0o555}


@pytest.mark.needs("root")
def test_whoever_may_not_write_to_read_only_folders_makes_them_so_at_the_end(open_folder: Path) -> None:
    (open_folder / "archive").write_bytes(archive_bytes())
    folder = open_folder / "of another user"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    imports = """
import encodings.cp437  # for names in a zip file
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.boot.unpack import unpack
"""
    code = "unpack(sys.argv[1], read_container(sys.argv[1]), sys.argv[2])"
    assert run_as(65534, imports, code, open_folder / "archive", folder / "tree") == ""
    assert contents(folder / "tree") == FILES
    assert {stat.S_IMODE(path.stat().st_mode) for path in (folder / "tree").rglob("*")} == {0o444, 0o555}


def test_an_archive_says_what_it_is(tmp_path: Path) -> None:
    tree = {"offset": 1, "index_offset": 2, "index_size": 3, "index_sha256": "x"}
    (tmp_path / "archive").write_bytes(archive_bytes(name="site", build_id="abc", tree=tree))
    expected = Container("site", "abc", "3.11", False, 0, 0, False, Tree(1, 2, 3, "x"))
    assert read_container(str(tmp_path / "archive")) == expected


@pytest.mark.parametrize(
    "change",
    [
        {"tree": {"offset": 0, "index_offset": 0, "index_size": 1, "index_sha256": "0" * 64}},
        {"tree": {"offset": -9, "index_offset": 0, "index_size": 1, "index_sha256": "0" * 64}},
        {"tree": {"offset": 1 << 70, "index_offset": 0, "index_size": 1, "index_sha256": "0" * 64}},
        {"tree": {}},
        {"tree": []},
        {"build_id": None},
        {"build_id": "../../x"},
        {"name": 5},
        {"format": 1},
        {"more": 1},
    ],
)
def test_an_archive_that_is_not_what_was_built_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"/archive: the file is damaged \("):
        unpacked(tmp_path, archive_bytes(**change))
    assert os.listdir(tmp_path) == ["archive"]


@pytest.mark.parametrize("name", ["site-packages/../x", "site-packages/a/../../../x"])
def test_a_name_that_leads_out_of_the_tree_is_refused(name: str, tmp_path: Path) -> None:
    for content in (archive_bytes({name: b""}), archive_bytes(links=[(name, "site-packages/a.py")])):
        with pytest.raises(UserError, match="unsafe name"):
            unpacked(tmp_path, content)
    assert os.listdir(tmp_path) == ["archive"]


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"PK\5\6" + b"\0" * 18])
def test_a_file_that_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the file is damaged"):
        unpacked(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_container(str(tmp_path / "gone"))


ARCHIVE = archive_bytes()


@given(st.integers(0, len(ARCHIVE) - 1), st.binary(max_size=4), st.booleans())
def test_a_damaged_archive_gives_the_right_tree_or_an_error(position: int, damage: bytes, cut: bool) -> None:
    content = ARCHIVE[:position] + damage + (b"" if cut else ARCHIVE[position + len(damage) :])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            assert contents(unpacked(folder, content)) == FILES
        except UserError:
            assert os.listdir(folder) == ["archive"]
        finally:
            remove(str(folder / "tree"))


def test_whoever_comes_second_leaves_the_first_ones_tree(tmp_path: Path) -> None:
    tree = unpacked(tmp_path, archive_bytes())
    inode = tree.stat().st_ino
    unpacked(tmp_path, archive_bytes({"site-packages/other": b""}))
    assert (contents(tree), tree.stat().st_ino) == (FILES, inode)
    assert sorted(os.listdir(tmp_path)) == ["archive", "tree"]


def test_many_at_once_make_one_tree(tmp_path: Path) -> None:
    content = archive_bytes({f"site-packages/{number}": b"x" for number in range(200)})
    (tmp_path / "archive").write_bytes(content)
    executable = str(tmp_path / "archive")
    container = read_container(executable)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: unpack(executable, container, str(tmp_path / "tree")), range(8)))
    assert len(contents(tmp_path / "tree")) == 200
    assert sorted(os.listdir(tmp_path)) == ["archive", "tree"]


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="File name too long"):
        unpacked(tmp_path, archive_bytes({f"site-packages/{'x' * 300}": b""}))
    assert os.listdir(tmp_path) == ["archive"]


def test_a_read_only_tree_can_be_removed(tmp_path: Path) -> None:
    tree = unpacked(tmp_path, archive_bytes())
    remove(str(tree))
    assert not tree.exists()
