"""Cold start: from an archive to a tree that is complete or not there."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import tempfile
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.container import CONTAINER, Container, read_container
from django_pyz_runtime.unpack import remove, unpack

FILES = {"site-packages/a.py": b"A = 1\n", "site-packages/pkg/deep/run": b"#!/bin/sh\n", "site-packages/empty": b""}


def payload(files: dict[str, bytes]) -> bytes:
    """A zip file of the files; those called run can be executed."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = (0o755 if name.endswith("run") else 0o644) << 16
            archive.writestr(info, data)
    return content.getvalue()


def archive_bytes(files: dict[str, bytes] = FILES, **changes: Any) -> bytes:
    """An archive as the build wing makes it, or with a change to what it says of itself."""
    member = payload(files)
    digest = hashlib.sha256(member).hexdigest()
    contents = {
        "format": 1,
        "name": "project",
        "build_id": "b",
        "python": "3.11",
        "bound_to_python": False,
        "members": {"p.zip": {"size": len(member), "sha256": digest}},
    }
    content = io.BytesIO(b"#!/usr/bin/env python3\n")
    content.seek(0, os.SEEK_END)
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr(CONTAINER, json.dumps({**contents, **changes}))
        archive.writestr("p.zip", member)
    return content.getvalue()


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


def test_what_lies_beside_site_packages_stays_in_the_archive(tmp_path: Path) -> None:
    files = {**FILES, "_bootstrap/x.py": b"", "site-packagesx/x": b"", "environment.json": b""}
    assert contents(unpacked(tmp_path, archive_bytes(files))) == FILES


def test_an_archive_says_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "archive").write_bytes(
        archive_bytes(name="site", build_id="abc", members={"p": {"size": 1, "sha256": "x"}})
    )
    assert read_container(str(tmp_path / "archive")) == Container("site", "abc", "3.11", False, (("p", 1, "x"),))


@pytest.mark.parametrize(
    "change",
    [
        {"members": {"p.zip": {"size": 1, "sha256": "0" * 64}}},
        {"members": {"p.zip": {"size": len(payload(FILES)), "sha256": "0" * 64}}},
        {"members": {"gone.zip": {"size": 1, "sha256": "0" * 64}}},
        {"members": {"p.zip": {}}},
        {"members": []},
        {"format": 2},
    ],
)
def test_an_archive_that_is_not_what_was_built_is_refused(change: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Complaint, match=r"/archive: the file is damaged \("):
        unpacked(tmp_path, archive_bytes(**change))
    assert os.listdir(tmp_path) == ["archive"]


@pytest.mark.parametrize("name", ["site-packages/../x", "site-packages//x", "site-packages/a/../../../x"])
def test_a_name_that_leads_out_of_the_tree_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="unsafe name"):
        unpacked(tmp_path, archive_bytes({name: b""}))
    assert os.listdir(tmp_path) == ["archive"]


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"PK\5\6" + b"\0" * 18])
def test_a_file_that_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="the file is damaged"):
        unpacked(tmp_path, content)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Complaint, match="No such file"):
        read_container(str(tmp_path / "gone"))


ARCHIVE = archive_bytes()


@given(st.integers(0, len(ARCHIVE) - 1), st.binary(max_size=4), st.booleans())
def test_a_damaged_archive_gives_the_right_tree_or_a_complaint(position: int, damage: bytes, cut: bool) -> None:
    content = ARCHIVE[:position] + damage + (b"" if cut else ARCHIVE[position + len(damage) :])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            assert contents(unpacked(folder, content)) == FILES
        except Complaint:
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
