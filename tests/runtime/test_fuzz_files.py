"""Whatever bytes stand in a manifest or an archive: what they say, or an error."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django_pyz_runtime.bundle.blocks import read_layout
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.container import CONTAINER, Container, Tree, read_container
from django_pyz_runtime.bundle.manifest import FILE_NAME, Manifest, Variable
from django_pyz_runtime.errors import UserError
from tests.runtime.fuzz_seeds import COUNT, SEED, damaged

MANIFEST = Manifest(
    *("project", "project-script", "myproj.settings", ("__project__",), "3.11"),
    variables=(Variable("A", None, "", "x.py:1"),),
    sealed={"settings.A": "b"},
    sbom={"components": [{"name": "django", "version": "5.2"}]},
)
JSON_WORDS = [
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b":",
    b",",
    b"null",
    b"1",
    b"1e999",
    b"true",
    b"[]",
    b"{}",
    b'"format"',
    b"\\u0000",
]


def retyped(data: Any, chance: random.Random) -> Any:
    """A copy of JSON data with one value of another type in it."""
    copy = json.loads(json.dumps(data))
    inside = copy
    while True:
        keys = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
        key = chance.choice(keys)
        if not isinstance(inside[key], dict | list) or not inside[key] or chance.random() < 0.4:
            inside[key] = chance.choice(
                [None, True, -1, 1.5, 10**30, 1 << 40, "", "../x", "/x", [], [1], {}, {"a": 1}, [[]]]
            )
            return copy
        inside = inside[key]


def json_of(data: Any) -> Iterator[bytes]:
    """The JSON of data with one thing wrong, in its bytes or in its types."""
    yield from damaged(json.dumps(data).encode(), words=JSON_WORDS, share=2)
    chance = random.Random(SEED)
    for _ in range(COUNT // 2):
        yield json.dumps(retyped(data, chance)).encode()


def test_a_manifest(tmp_path: Path) -> None:
    for content in [*json_of(json.loads(MANIFEST.to_json())), b"[" * 100_000]:
        (tmp_path / FILE_NAME).write_bytes(content)
        with contextlib.suppress(UserError):
            manifest = Bundle.load("/x", str(tmp_path), "abc").manifest
            assert Manifest.from_json(manifest.to_json()) == manifest
            assert manifest.env_prefix.endswith("__")
            assert all("=" not in root or root for root in (*manifest.import_roots, *manifest.data_paths))


TREE = Tree(10, 20, 30, "0" * 64)


def test_what_an_archive_says_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "x.pyz"
    for content in json_of(json.loads(Container("project", "ab" * 32, "3.11", False, 0, 0, False, TREE).to_json())):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(CONTAINER, content)
        with contextlib.suppress(UserError):
            found = read_container(str(path))
            assert found == Container(**{**found._asdict(), "tree": Tree(**found.tree._asdict())})


def test_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "x.pyz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(CONTAINER, Container("project", "ab" * 32, "3.11", False, 0, 0, False, TREE).to_json())
    for content in damaged(path.read_bytes(), words=[b"PK\5\6", b"PK\1\2", b"PK\3\4", b"\x0c\0", b"\x0e\0", b"\1\0"]):
        path.write_bytes(content)
        with contextlib.suppress(UserError):
            read_container(str(path))


def test_the_index_of_a_tree(tmp_path: Path) -> None:
    path = tmp_path / "x.pyz"
    index = {
        "folders": ["a", "a/b"],
        "blocks": [[0, 10, "0" * 64, "deflate", [[0, "x.py", 5, 0], [1, "y", 5, 1]]]],
        "links": [["a/z", "a/x.py"]],
    }
    for content in json_of(index):
        stored = zlib.compress(content)
        path.write_bytes(stored)
        descriptor = os.open(path, os.O_RDONLY)
        try:
            with contextlib.suppress(UserError):
                read_layout(str(path), descriptor, Tree(0, 0, len(stored), hashlib.sha256(stored).hexdigest()))
        finally:
            os.close(descriptor)
