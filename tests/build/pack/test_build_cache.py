"""What is kept from build to build."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from django_pyz.files.paths import files_below
from django_pyz.pack import bytecode, tree_archive
from django_pyz.pack.build_cache import NO_CACHE, BuildCache, default_folder
from django_pyz.pack.tree_archive import read_members
from django_pyz.python import find_python
from tests.build.trees import write_tree


def test_what_was_put_can_be_got(tmp_path: Path) -> None:
    cache = BuildCache(tmp_path / "deep" / "cache")
    assert cache.get("a") is None
    cache.put("a", b"content")
    cache.put("b", b"")
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (b"content", b"", None)
    assert sorted(os.listdir(tmp_path / "deep" / "cache")) == ["a", "b"]


@pytest.mark.parametrize("damage", [b"", b"x", b"x" * 100])
def test_a_damaged_entry_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    cache = BuildCache(tmp_path)
    cache.put("a", b"content")
    (tmp_path / "a").write_bytes(damage)
    assert cache.get("a") is None
    cache.put("a", b"content")
    assert cache.get("a") == b"content"


def test_without_a_folder_nothing_is_kept() -> None:
    NO_CACHE.put("a", b"content")
    NO_CACHE.prune()
    assert NO_CACHE.get("a") is None


def test_a_folder_that_cannot_be_made_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cache = BuildCache(tmp_path / "file" / "cache")
    cache.put("a", b"content")
    cache.prune()
    assert cache.get("a") is None


def test_what_nobody_asks_for_is_removed_after_a_month(tmp_path: Path) -> None:
    cache = BuildCache(tmp_path)
    long_ago = time.time() - 31 * 24 * 3600
    for key in ("old", "asked for", "new"):
        cache.put(key, b"content")
    for key in ("old", "asked for"):
        os.utime(tmp_path / key, (long_ago, long_ago))
    assert cache.get("asked for")
    cache.prune()
    assert sorted(os.listdir(tmp_path)) == ["asked for", "new"]


def test_the_folder_is_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    assert default_folder() == tmp_path / ".cache" / "django-pyz"
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert default_folder() == Path("/caches/django-pyz")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "gone"))
    assert default_folder() is None


def test_the_code_is_the_same_with_a_cache_and_only_what_changed_is_compiled(tmp_path: Path) -> None:
    sources = {"a/__init__.py": "A = {'x', 'y'}\n", "b/__init__.py": "def b():\n    return 'x'\n", "c.py": "C = 1\n"}
    root = write_tree(tmp_path / "tree", sources)
    cache = BuildCache(tmp_path / "cache")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    python = find_python("")

    plain = bytecode.compile_tree(python, root, scratch)
    assert bytecode.compile_tree(python, root, scratch, cache) == plain
    kept = set(os.listdir(tmp_path / "cache"))
    assert len(kept) == 3
    assert bytecode.compile_tree(python, root, scratch, cache) == plain
    write_tree(root, {"b/__init__.py": "B = 2\n"})
    changed = bytecode.compile_tree(python, root, scratch, cache)
    assert len(set(os.listdir(tmp_path / "cache")) - kept) == 1
    assert {path for path in plain.code if plain.code[path] != changed.code[path]} == {"b/__init__.py"}
    assert changed == bytecode.compile_tree(python, root, scratch)


def test_an_archive_is_the_same_with_a_cache(tmp_path: Path) -> None:
    root = write_tree(tmp_path / "tree", {"a.py": "a" * 9000, "b.po": "b" * 9000})
    members = read_members({path: root / path for path in files_below(root)})
    cache = BuildCache(tmp_path / "cache")
    places = [
        tree_archive.write(members, tmp_path / "plain", "balanced"),
        tree_archive.write(members, tmp_path / "first", "balanced", cache),
        tree_archive.write(members, tmp_path / "second", "balanced", cache),
    ]
    contents = {(tmp_path / name).read_bytes() for name in ("plain", "first", "second")}
    assert (len(contents), len(set(places)), len(os.listdir(tmp_path / "cache"))) == (1, 1, 2)
