"""Writes a tree as one file: blocks of compressed contents, and an index (see django_pyz_runtime.bundle.container).

Each file of the tree is read once beforehand; the build id is computed from that.
"""

from __future__ import annotations

import hashlib
import io
import json
import lzma
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from django_pyz.files.paths import folders_of
from django_pyz.options import BALANCED
from django_pyz.pack.build_cache import NO_CACHE, BuildCache
from django_pyz_runtime.bundle.blocks import Block, read_block, read_layout
from django_pyz_runtime.bundle.container import DEFLATE, LZMA, STORED, Tree
from django_pyz_runtime.errors import UserError

_BLOCK_BYTES = {DEFLATE: 1 << 20, LZMA: 1 << 22, STORED: 1 << 20}
_CATALOGS = (".po", ".mo")
_LZMA_PRESET = {BALANCED: 1, LZMA: 6}


class Member(NamedTuple):
    """A file of a tree.

    Attributes:
        path: in the tree.
        place: where it is now.
        size: in bytes.
        is_program: whether it can be executed.
        digest: of its content, SHA-256.
    """

    path: str
    place: Path
    size: int
    is_program: bool
    digest: bytes


def read_members(places: Mapping[str, Path]) -> list[Member]:
    """Read files, given by their paths in the tree."""
    return [_read_member(path, place) for path, place in places.items()]


def _read_member(path: str, place: Path) -> Member:
    with place.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
        status = os.fstat(file.fileno())
    return Member(path, place, status.st_size, bool(status.st_mode & 0o100), digest)


def compute_build_id(members: Iterable[Member]) -> str:
    """A digest over the names, modes, lengths and contents of a tree: no two trees share one, as lengths come first."""
    digest = hashlib.sha256()
    for item in sorted(members):
        name = os.fsencode(item.path)
        mode = "755" if item.is_program else "644"
        digest.update(f"{len(name)}:{mode}:{item.size}:".encode())
        digest.update(name)
        digest.update(item.digest)
    return digest.hexdigest()


def write(members: Sequence[Member], output: Path, compression: str, cache: BuildCache = NO_CACHE) -> Tree:
    """Write a tree into one file.

    Args:
        members: the files, in order; their contents and executable bits are kept.
        output: the file to write.
        compression: one of COMPRESSIONS.
        cache: stores compressed blocks.

    Returns:
        Where in the file the index is.
    """
    files, links = _different_files(members)
    folders = folders_of(item.path for item in members)
    number = {"": -1, **{folder: position for position, folder in enumerate(folders)}}
    blocks = []
    with output.open("wb") as file:
        for group, data, method in _compressed(files, compression, cache):
            entries = [_entry(item, number) for item in group]
            blocks.append([file.tell(), len(data), hashlib.sha256(data).hexdigest(), method, entries])
            file.write(data)
        index = {"folders": folders, "blocks": blocks, "links": links}
        data = zlib.compress(json.dumps(index, separators=(",", ":")).encode())
        place = Tree(0, file.tell(), len(data), hashlib.sha256(data).hexdigest())
        file.write(data)
    return place


def _entry(item: Member, folders: Mapping[str, int]) -> list[int | str | bool]:
    folder, _, name = item.path.rpartition("/")
    return [folders[folder], name, item.size, item.is_program]


def check(archive: Path, tree: Tree, members: Iterable[Member]) -> None:
    """Read a tree back from an archive.

    Args:
        archive: the file.
        tree: where in it.
        members: the ones given to `write`.

    Raises:
        UserError: it differs from the files it was made from.
    """
    digests = {item.path: item.digest for item in members}
    with archive.open("rb") as file, ThreadPoolExecutor(os.cpu_count()) as pool:
        layout = read_layout(str(archive), file.fileno(), tree)

        def is_right(block: Block) -> bool:
            content = io.BytesIO(b"".join(read_block(str(archive), file.fileno(), block)))
            found = {item.path: hashlib.sha256(content.read(item.size)).digest() for item in block.files}
            return all(digests[path] == digest for path, digest in found.items()) and not content.read()

        if not all(pool.map(is_right, layout.blocks)):
            raise UserError(
                "the file cannot be read back as it was written", hint="Check the disk and memory for faults."
            )


def _different_files(members: Iterable[Member]) -> tuple[list[Member], list[tuple[str, str]]]:
    """The files of a tree with distinct contents; and the duplicates, each with the path of its original."""
    files: list[Member] = []
    links: list[tuple[str, str]] = []
    known: dict[tuple[bytes, bool], str] = {}
    for item in members:
        same = known.setdefault((item.digest, item.is_program), item.path)
        if same == item.path or not item.size:
            files.append(item)
        else:
            links.append((item.path, same))
    return files, links


def _compressed(
    files: Iterable[Member], compression: str, cache: BuildCache
) -> Iterator[tuple[list[Member], bytes, str]]:
    """The blocks, in order: files, compressed content and method. Few are in memory at a time."""
    waiting: deque[tuple[list[Member], Future[tuple[bytes, str]]]] = deque()
    workers = os.cpu_count() or 1

    def compress(group: list[Member], method: str) -> tuple[bytes, str]:
        content = b"".join(item.place.read_bytes() for item in group)
        data = _compress(content, method, _LZMA_PRESET.get(compression, 0), cache)
        return (data, method) if len(data) < len(content) else (content, STORED)

    with ThreadPoolExecutor(workers) as pool:
        for group, method in _groups(files, compression):
            waiting.append((group, pool.submit(compress, group, method)))
            if len(waiting) > 2 * workers:
                first, job = waiting.popleft()
                yield first, *job.result()
        for first, job in waiting:
            yield first, *job.result()


def _groups(files: Iterable[Member], compression: str) -> Iterator[tuple[list[Member], str]]:
    """Groups of similar files to compress together, each with its method."""
    group: list[Member] = []
    method, size = "", 0
    for key, item in sorted((_kind(item.path), item) for item in files):
        wanted = compression
        if compression == BALANCED:
            wanted = LZMA if key[0] == _CATALOGS[0] else DEFLATE
        if group and (wanted != method or size + item.size > _BLOCK_BYTES[method]):
            yield group, method
            group, size = [], 0
        method = wanted
        group.append(item)
        size += item.size
    if group:
        yield group, method


def _kind(path: str) -> tuple[str, ...]:
    """Sorts similar files together: catalogs of a language, else files with the same suffix."""
    stem, end = os.path.splitext(path)
    if end in _CATALOGS:
        return (_CATALOGS[0], *stem.split("/")[-3:])
    return (end, path)


def _compress(content: bytes, method: str, preset: int, cache: BuildCache) -> bytes:
    if method == STORED:
        return content
    how = f"{method} {preset} {zlib.ZLIB_RUNTIME_VERSION} ".encode()
    key = hashlib.sha256(how + hashlib.sha256(content).digest()).hexdigest()
    if (data := cache.get(key)) is None:
        data = lzma.compress(content, preset=preset) if method == LZMA else zlib.compress(content)
        cache.put(key, data)
    return data
