"""The tree inside an archive: its index, and the files of one block. Standard library only."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sys
import zlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from django_pyz_runtime.bundle.container import DAMAGE, DEFLATE, STORED, Tree, damaged
from django_pyz_runtime.errors import UserError

if TYPE_CHECKING:
    from lzma import LZMADecompressor

_PIECE_BYTES = 1 << 18
_READ_ONLY, _PROGRAM = 0o444, 0o555
FOLDER_MODE = 0o555


class File(NamedTuple):
    """A file of a block.

    Attributes:
        folder: path of the one it lies in, relative to the tree.
        name: in it.
        size: in bytes.
        is_program: whether it can be executed.
    """

    folder: str
    name: str
    size: int
    is_program: bool

    @property
    def path(self) -> str:
        """Relative to the tree."""
        return f"{self.folder}/{self.name}".removeprefix("./")

    @property
    def mode(self) -> int:
        """The mode that it is written with."""
        return _PROGRAM if self.is_program else _READ_ONLY


class Block(NamedTuple):
    """Contents of files, one after the other, compressed together.

    Attributes:
        offset: in the archive, in bytes.
        size: as it is stored.
        sha256: of the same.
        compression: STORED, DEFLATE or LZMA.
        files: whose contents it holds.
    """

    offset: int
    size: int
    sha256: str
    compression: str
    files: tuple[File, ...]


class Layout(NamedTuple):
    """What a tree consists of.

    Attributes:
        folders: their paths relative to the tree, each after the one it lies in.
        blocks: with all different contents.
        links: path, and path of a file in a block with the same content and mode.
    """

    folders: list[str]
    blocks: list[Block]
    links: list[tuple[str, str]]


def read_layout(executable: str, descriptor: int, tree: Tree) -> Layout:
    """Read the index of a tree.

    Args:
        executable: path of the archive, for messages.
        descriptor: of the open archive.
        tree: where to find it.

    Raises:
        UserError: it is not what was built.
    """
    try:
        data = os.pread(descriptor, tree.index_size, tree.offset + tree.index_offset)
        if hashlib.sha256(data).hexdigest() != tree.index_sha256:
            raise damaged(executable, "its index is not what was built")
        index = json.loads(zlib.decompress(data))
        folders = [_safe(path) for path in index["folders"]]
        blocks = [
            Block(tree.offset + offset, size, sha256, compression, tuple(_files(folders, files)))
            for offset, size, sha256, compression, files in index["blocks"]
        ]
        return Layout(folders, blocks, [(_safe(path), _safe(same)) for path, same in index["links"]])
    except (OSError, TypeError, AttributeError, IndexError, OverflowError, *DAMAGE) as error:
        raise damaged(executable, str(error)) from None


def _files(folders: list[str], files: list[tuple[int, str, int, int]]) -> Iterator[File]:
    for folder, name, size, is_program in files:
        yield File(folders[folder] if folder >= 0 else ".", _safe(name), size, bool(is_program))


def _safe(path: str) -> str:
    if {"", ".", ".."} & set(path.split("/")):
        raise ValueError(f"unsafe name {path!r}")
    return path


class Writer:
    """Writes the files of blocks to a tree; may be called from several threads.

    Args:
        executable: path of the archive, for messages.
        descriptor: of the open archive.
        target: the folder of the tree, which is empty.

    Raises:
        OSError: the target folder's mode cannot be changed.
    """

    def __init__(self, executable: str, descriptor: int, target: str) -> None:
        self._executable = executable
        self._descriptor = descriptor
        self._target = target
        os.chmod(target, FOLDER_MODE)
        # Make folders read-only at once if this process can still write into them (CAP_DAC_OVERRIDE, as root mostly
        # has), else at the end: changing a mode takes longer than making a file.
        self._folder_mode = FOLDER_MODE if os.access(target, os.W_OK, effective_ids=True) else 0o755
        os.chmod(target, self._folder_mode)
        self._has_umask = _takes_modes_away(target)

    def write(self, block: Block) -> None:
        """Write the files of a block, once it is sure to be what was built.

        Raises:
            UserError: it is not.
            OSError: a file cannot be written.
        """
        pieces = read_block(self._executable, self._descriptor, block)
        if len(block.files) == 1:
            self._write(block.files[0], pieces)
            return
        content, position = memoryview(b"".join(pieces)), 0
        for file in block.files:
            end = position + file.size
            self._write(file, (content[position:end],))
            position = end

    def finish(self, layout: Layout) -> None:
        """Make the links, and make all folders read-only.

        Raises:
            OSError: one cannot be changed.
        """
        for path, same in layout.links:
            self._make_folder(os.path.dirname(path))
            link_or_copy(f"{self._target}/{same}", f"{self._target}/{path}")
        if self._has_umask or self._folder_mode != FOLDER_MODE:
            for folder in [*reversed(layout.folders), ""]:
                os.chmod(f"{self._target}/{folder}", FOLDER_MODE)

    def _write(self, file: File, pieces: Iterable[bytes | memoryview]) -> None:
        path = f"{self._target}/{file.folder}/{file.name}"
        try:
            descriptor = _create(path, file.mode)
        except FileNotFoundError:
            self._make_folder(file.folder)
            descriptor = _create(path, file.mode)
        try:
            for piece in pieces:
                if (written := os.write(descriptor, piece)) < len(piece):
                    _write_rest(descriptor, memoryview(piece)[written:])
            if self._has_umask:
                os.fchmod(descriptor, file.mode)
        finally:
            os.close(descriptor)

    def _make_folder(self, folder: str) -> None:
        """Make a folder and those above it; another thread may do the same."""
        path = f"{self._target}/{folder}"
        if not os.path.isdir(path):
            self._make_folder(os.path.dirname(folder))
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, self._folder_mode)


def _takes_modes_away(folder: str) -> bool:
    """Whether new files in a folder do not get their full mode."""
    probe = f"{folder}/.probe"
    os.mkdir(probe, FOLDER_MODE)
    mode = os.lstat(probe).st_mode & 0o777
    os.rmdir(probe)
    return mode != FOLDER_MODE


def link_or_copy(source: str, path: str) -> None:
    """Give a file one more name; where the file system has no links, or not so many, a copy."""
    try:
        os.link(source, path)
    except OSError:
        shutil.copy2(source, path)


def _write_rest(descriptor: int, rest: memoryview) -> None:
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _create(path: str, mode: int) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)


def read_block(executable: str, descriptor: int, block: Block) -> Iterator[bytes]:
    """The content of a block, piece by piece.

    Args:
        executable: path of the archive, for messages.
        descriptor: of the open archive.
        block: of it.

    Raises:
        UserError: it is not what was built; before the first piece.
    """
    data = os.pread(descriptor, block.size, block.offset)
    if hashlib.sha256(data).hexdigest() != block.sha256:
        raise damaged(executable, "its content is not what was built")
    if block.compression == STORED:
        yield data
        return
    decompressor = zlib.decompressobj() if block.compression == DEFLATE else _lzma_decompressor()
    for start in range(0, len(data), _PIECE_BYTES):
        yield decompressor.decompress(data[start : start + _PIECE_BYTES])


def _lzma_decompressor() -> LZMADecompressor:
    try:
        import lzma
    except ImportError:
        raise UserError(
            f"{sys.executable}: this Python has no module lzma, which the file needs to unpack itself",
            hint="Install the complete Python of your system, or build the file with --compression deflate.",
        ) from None
    return lzma.LZMADecompressor()
