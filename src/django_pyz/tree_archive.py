"""A tree as one file: blocks of compressed contents, and an index (see django_pyz_runtime.container)."""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from django_pyz.build_cache import NO_CACHE, BuildCache
from django_pyz.errors import BuildError
from django_pyz_runtime.blocks import Block, read_block, read_layout
from django_pyz_runtime.container import DEFLATE, LZMA, STORED, Tree

BALANCED = "balanced"
"""LZMA for message catalogs, which become half as large by it; DEFLATE, which unpacks far sooner, for all else."""
COMPRESSIONS = (BALANCED, DEFLATE, LZMA, STORED)
_BLOCK_BYTES = {DEFLATE: 1 << 20, LZMA: 1 << 22, STORED: 1 << 20}
_CATALOGS = (".po", ".mo")
_LZMA_PRESET = {BALANCED: 1, LZMA: 6}


class _File(NamedTuple):
    """A file of the tree: its path, its size in bytes, whether it can be executed."""

    path: str
    size: int
    is_program: bool


def write(members: Mapping[str, Path], output: Path, compression: str, cache: BuildCache = NO_CACHE) -> Tree:
    """Write a tree into one file.

    Args:
        members: the files by their paths in the tree, in order; contents are kept, and who can be executed.
        output: the file to write.
        compression: one of COMPRESSIONS.
        cache: keeps what is compressed.

    Returns:
        Where in the file the index is.
    """
    files, links = _different_files(members)
    folders = folders_of(members)
    number = {"": -1, **{folder: position for position, folder in enumerate(folders)}}
    blocks = []
    with output.open("wb") as file:
        for group, data, method in _compressed(members, files, compression, cache):
            entries = [[number[os.path.dirname(item.path)], os.path.basename(item.path), *item[1:]] for item in group]
            blocks.append([file.tell(), len(data), hashlib.sha256(data).hexdigest(), method, entries])
            file.write(data)
        index = {"folders": folders, "blocks": blocks, "links": links}
        data = zlib.compress(json.dumps(index, separators=(",", ":")).encode())
        place = Tree(0, file.tell(), len(data), hashlib.sha256(data).hexdigest())
        file.write(data)
    return place


def check(archive: Path, tree: Tree, members: Mapping[str, Path]) -> None:
    """Read a tree back from an archive.

    Args:
        archive: the file.
        tree: where in it.
        members: as they were given to `write`.

    Raises:
        BuildError: something in it is not what it was made from.
    """
    with archive.open("rb") as file, ThreadPoolExecutor(os.cpu_count()) as pool:
        layout = read_layout(str(archive), file.fileno(), tree)

        def is_right(block: Block) -> bool:
            content = b"".join(read_block(str(archive), file.fileno(), block))
            return content == b"".join(members[item.path].read_bytes() for item in block.files)

        if not all(pool.map(is_right, layout.blocks)):
            raise BuildError("the file cannot be read back as it was written", "Look for faults of disk or memory.")


def _different_files(members: Mapping[str, Path]) -> tuple[list[_File], list[tuple[str, str]]]:
    """The files of a tree, each content once; and the others, each with the path of its like."""
    files: list[_File] = []
    links: list[tuple[str, str]] = []
    known: dict[tuple[bytes, bool], str] = {}
    for path, place in members.items():
        with place.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").digest()
            status = os.fstat(file.fileno())
        item = _File(path, status.st_size, bool(status.st_mode & 0o100))
        same = known.setdefault((digest, item.is_program), path)
        if same == path or not item.size:
            files.append(item)
        else:
            links.append((path, same))
    return files, links


def _compressed(
    members: Mapping[str, Path], files: list[_File], compression: str, cache: BuildCache
) -> Iterator[tuple[list[_File], bytes, str]]:
    """The blocks, in order: files, compressed content and the way it is compressed; some at a time in memory."""
    waiting: deque[tuple[list[_File], Future[tuple[bytes, str]]]] = deque()
    workers = os.cpu_count() or 1

    def compress(group: list[_File], method: str) -> tuple[bytes, str]:
        content = b"".join(members[item.path].read_bytes() for item in group)
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


def _groups(files: list[_File], compression: str) -> Iterator[tuple[list[_File], str]]:
    """Files that are compressed together, each group with the way to do it: those of a kind beside one another."""
    group: list[_File] = []
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
    """What brings alike files together: catalogs of a language, else files with the same end."""
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


def files_below(folder: Path) -> list[str]:
    """The paths of all files below a folder, relative to it, sorted."""
    start = len(str(folder)) + 1
    return sorted(os.path.join(place, name)[start:] for place, _, names in os.walk(folder) for name in names)


def folders_of(paths: Iterable[str]) -> list[str]:
    """The folders that files lie in, and those above, each after the one it lies in."""
    found: set[str] = set()
    for path in paths:
        while (path := os.path.dirname(path)) and path not in found:
            found.add(path)
    return sorted(found)
