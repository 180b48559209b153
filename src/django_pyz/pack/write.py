"""Writes the staged tree into one file: shiv's archive inside our container."""

from __future__ import annotations

import os
import time
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import shiv
from shiv.bootstrap.environment import Environment
from shiv.builder import create_archive
from shiv.constants import BUILD_AT_TIMESTAMP_FORMAT

import django_pyz_runtime
from django_pyz.files.paths import files_below
from django_pyz.options import BALANCED
from django_pyz.pack import bytecode, tree_archive
from django_pyz.pack.build_cache import NO_CACHE, BuildCache
from django_pyz.pack.bytecode import Compiled
from django_pyz.pack.head import LAUNCHER_FILES, head, interpreter, main_module, runs_on, source_of, with_size
from django_pyz.pack.tree_archive import Member, compute_build_id, read_members
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.bytecode_finder import BYTECODE
from django_pyz_runtime.bundle.container import CONTAINER, Container
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.bundle.names import PROJECT_FOLDER, SITE_PACKAGES

PAYLOAD = "payload.pyz"
BLOCKS = "django_pyz_tree/blocks"
"""The tree in the payload."""
_RUN_WING = django_pyz_runtime.__name__
_PLAIN_MODE = 0o100644
_HEADER_BYTES = 30


@dataclass(frozen=True)
class Contents:
    """What goes into a bundle.

    Attributes:
        site_packages: the tree's, with normalised modes.
        compiled: the code of the modules in it.
        manifest: of the project.
        epoch: the time written into the file, in seconds since 1970.
        compression: of the tree, one of options.COMPRESSIONS.
        cache: stores compressed blocks.
    """

    site_packages: Path
    compiled: Compiled
    manifest: Manifest
    epoch: int
    compression: str = BALANCED
    cache: BuildCache = NO_CACHE


def _members(contents: Contents, scratch: Path) -> list[Member]:
    """The files of the unpacked tree; writes those with bytecode."""
    files = files_below(contents.site_packages)
    folder = scratch / BYTECODE
    code = bytecode.write(contents.compiled, files, folder / contents.compiled.cache_tag)
    found = {_path_in_tree(path): contents.site_packages / path for path in files}
    return read_members(found | {f"{BYTECODE}/{path.relative_to(folder).as_posix()}": path for path in code})


def _path_in_tree(path: str) -> str:
    """The path in the tree of a file of the staged site-packages; the project's own files are beside that folder."""
    return path if path.partition("/")[0] == PROJECT_FOLDER else f"{SITE_PACKAGES}/{path}"


def write_bundle(contents: Contents, output: Path, scratch: Path) -> str:
    """Write the executable file, and read it back.

    Args:
        contents: what goes in.
        output: the file to write; an existing one is replaced.
        scratch: a folder for temporary archives; afterwards its BYTECODE is that of the tree.

    Returns:
        The build id.

    Raises:
        UserError: the file cannot be read back as written.
    """
    tree = _members(contents, scratch)
    manifest, build_id = contents.manifest, compute_build_id(tree)
    bundled = scratch / "bundled"
    container = _write_bundled(contents, tree, build_id, bundled)
    payload = _write_payload(contents, build_id, bundled, scratch / PAYLOAD)
    start_of_file = head(manifest, build_id, contents.compiled)
    with output.open("w+b") as file:
        file.write(start_of_file)
        with zipfile.ZipFile(file, "w") as archive:
            _add(archive, "__main__.py", main_module(manifest, build_id), contents.epoch)
            for path in LAUNCHER_FILES:
                _add(archive, path, source_of(path), contents.epoch)
            _add(archive, PAYLOAD, payload.read_bytes(), contents.epoch)
            with zipfile.ZipFile(payload) as inner:
                start = _start_of(archive, PAYLOAD) + _start_of(inner, f"{SITE_PACKAGES}/{BLOCKS}")
            moved = container._replace(tree=container.tree._replace(offset=start))
            _add(archive, CONTAINER, moved.to_json().encode(), contents.epoch)
            archive.comment = seal.EMPTY
        _finish(file, start_of_file)
    output.chmod(0o755)
    seal.check(str(output))
    tree_archive.check(output, moved.tree, tree)
    return build_id


def _finish(file: BinaryIO, start_of_file: bytes) -> None:
    """Write the size of the file and its seal, which are not known before."""
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    file.write(with_size(start_of_file, size))
    digits = seal.compute(file)
    file.seek(-len(digits), os.SEEK_END)
    file.write(digits)


def _write_bundled(contents: Contents, tree: Sequence[Member], build_id: str, folder: Path) -> Container:
    """Write the input of shiv: the launcher, and the tree as an archive that the launcher can unpack."""
    for path in LAUNCHER_FILES:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(source_of(path))
    blocks = folder / BLOCKS
    blocks.parent.mkdir()
    place = tree_archive.write(tree, blocks, contents.compression, contents.cache)
    manifest = contents.manifest
    container = Container(manifest.name, build_id, *runs_on(manifest), manifest.has_extensions, place)
    with zipfile.ZipFile(blocks, "a") as archive:
        _add(archive, CONTAINER, container.to_json().encode(), contents.epoch)
    return container


def _start_of(archive: zipfile.ZipFile, name: str) -> int:
    """The offset of the bytes of a stored member: after its header and its name (APPNOTE.TXT, 4.3.7)."""
    info = archive.getinfo(name)
    return info.header_offset + _HEADER_BYTES + len(info.filename.encode()) + len(info.extra)


def _write_payload(contents: Contents, build_id: str, bundled: Path, path: Path) -> Path:
    """Let shiv bundle a folder; the result is a regular shiv archive.

    shiv adds its own files in the order and with the modes of the file system, which differ between machines; so its
    archive is rewritten, sorted.
    """
    environment = Environment(
        built_at=time.strftime(BUILD_AT_TIMESTAMP_FORMAT, time.gmtime(contents.epoch)),
        build_id=build_id,
        entry_point=f"{_RUN_WING}.boot.payload:main",
        compile_pyc=False,
        shiv_version=shiv.__version__,
    )
    first_line = f"/usr/bin/env {interpreter(contents.manifest)}"
    raw = path.with_suffix(".raw")
    create_archive([bundled], raw, first_line, "_bootstrap:bootstrap", environment, compressed=False)
    with path.open("wb") as file:
        file.write(f"#!{first_line}\n".encode())
        with zipfile.ZipFile(raw) as source, zipfile.ZipFile(file, "w") as archive:
            for info in sorted(source.infolist(), key=lambda item: item.filename):
                _add(archive, info.filename, source.read(info), contents.epoch)
    return path


def _add(archive: zipfile.ZipFile, name: str, content: bytes, epoch: int) -> None:
    year, month, day, hour, minute, second, *_ = time.gmtime(epoch)
    info = zipfile.ZipInfo(name, (year, month, day, hour, minute, second))
    info.external_attr = _PLAIN_MODE << 16
    archive.writestr(info, content)
