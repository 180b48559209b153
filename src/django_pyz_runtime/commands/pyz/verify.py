"""`pyz verify`: check that every byte of this file and its unpacked code is as it was built."""

from __future__ import annotations

import os
import stat
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.boot.releases import FACTS
from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.blocks import FOLDER_MODE, Block, File, Layout, read_block, read_layout
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.errors import UserError, say, system_reason

Fault = tuple[str, str]
"""A path relative to the tree, and its problem."""


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser(
        "verify",
        help="check every byte of this file and of its unpacked code",
        description="Read the whole file and compare the unpacked code with it: names, modes, contents, nothing "
        "missing and nothing added. Exit code 1 if the unpacked code differs, with a line for each fault; 2 if the "
        "file itself is damaged. This finds accidents and changes of the unpacked code; only a checksum or signature "
        "from the builder proves where a file comes from.",
    )
    parser.set_defaults(run=run)


def run(bundle: Bundle, arguments: Arguments, options: Namespace) -> int:
    """Print a line for each fault, or the number of files that are as they were built.

    Raises:
        UserError: the file is damaged.
    """
    executable, tree = str(bundle.executable), str(bundle.site_packages.parent)
    seal.check(executable)
    kept = _kept(bundle, tree)
    files, faults = _check(executable, tree)
    faults = [fault for fault in faults if fault[0] not in kept]
    for path, what in faults:
        print(f"{os.path.join(tree, path)}: {what}")
    if faults:
        sys.stdout.flush()
        say(f"Remove {tree}: the next start unpacks it again.")
        return 1
    print(f"{files:,} files, as they were built")
    return 0


def _kept(bundle: Bundle, tree: str) -> tuple[str, ...]:
    """The paths that an upgrade keeps beside the code of an installed release.

    Raises:
        UserError: the executable among them is damaged, or belongs to another build.
    """
    if not os.path.isfile(program := os.path.join(tree, bundle.manifest.script)):
        return ()
    seal.check(program)
    if (build := read_container(program).build_id) != bundle.build_id:
        raise UserError(
            f"{program}: belongs to build {build}, not {bundle.build_id}", hint="Remove it, and upgrade again."
        )
    return bundle.manifest.script, FACTS


def _check(executable: str, tree: str) -> tuple[int, list[Fault]]:
    """Compare a tree with the archive that it was unpacked from, in both directions.

    Args:
        executable: path of the archive.
        tree: path of the folder.

    Returns:
        How many files it should have, and the faults, by path.

    Raises:
        UserError: the archive is damaged.
    """
    container = read_container(executable)
    with open(executable, "rb", buffering=0) as archive:
        descriptor = archive.fileno()
        layout = read_layout(executable, descriptor, container.tree)
        wanted = _files(layout)
        faults = [*_shape(tree, layout.folders, wanted)]
        # A wrong mode says nothing about the content.
        at_fault = {path for path, why in faults if not why.startswith(("has the mode", "is owned"))}
        copies: dict[str, list[str]] = {}
        for path, same in layout.links:
            copies.setdefault(same, []).append(path)

        def compare(block: Block) -> list[Fault]:
            content = memoryview(b"".join(read_block(executable, descriptor, block)))
            return list(_contents(tree, block, content, copies, at_fault))

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for found in pool.map(compare, layout.blocks):
                faults += found
        return len(wanted), sorted(faults)


def _files(layout: Layout) -> dict[str, File]:
    """All files of a tree by their paths; a link has the entry of its original."""
    files = {file.path: file for block in layout.blocks for file in block.files}
    return files | {path: files[same] for path, same in layout.links}


def _shape(tree: str, folders: Iterable[str], files: dict[str, File]) -> Iterator[Fault]:
    """The faults that are visible without reading a file."""
    missing = {*folders, *files}
    owner = os.lstat(tree).st_uid
    yield from _mode("", os.lstat(tree), FOLDER_MODE, owner)
    for path, status in _walk(tree, ""):
        is_folder = stat.S_ISDIR(status.st_mode)
        if path not in missing:
            yield path, "is not part of this build"
            continue
        missing.remove(path)
        if is_folder != (path not in files) or not (is_folder or stat.S_ISREG(status.st_mode)):
            yield path, f"is {_kind(status.st_mode)}, built as {'a file' if path in files else 'a folder'}"
            continue
        yield from _mode(path, status, files[path].mode if path in files else FOLDER_MODE, owner)
        if path in files and status.st_size != files[path].size:
            yield path, f"has {status.st_size} bytes, built with {files[path].size}"
    for path in missing:
        yield path, "is missing"


def _walk(tree: str, folder: str) -> Iterator[tuple[str, os.stat_result]]:
    """Everything below a folder of a tree, links as links."""
    with os.scandir(os.path.join(tree, folder)) as entries:
        for entry in entries:
            path = os.path.join(folder, entry.name)
            yield path, entry.stat(follow_symlinks=False)
            if entry.is_dir(follow_symlinks=False):
                yield from _walk(tree, path)


def _mode(path: str, status: os.stat_result, wanted: int, owner: int) -> Iterator[Fault]:
    if (found := stat.S_IMODE(status.st_mode)) != wanted:
        yield path, f"has the mode {found:04o}, built with {wanted:04o}"
    if status.st_uid != owner:
        yield path, f"is owned by user id {status.st_uid}, the tree by {owner}"


def _kind(mode: int) -> str:
    names = {stat.S_IFDIR: "a folder", stat.S_IFREG: "a file", stat.S_IFLNK: "a symbolic link"}
    return names.get(stat.S_IFMT(mode), "not a plain file")


def _contents(
    tree: str, block: Block, content: memoryview, copies: dict[str, list[str]], at_fault: set[str]
) -> Iterator[Fault]:
    position = 0
    for file in block.files:
        wanted = content[position : position + file.size]
        position += file.size
        for path in (file.path, *copies.get(file.path, ())):
            if path not in at_fault and (why := _difference(os.path.join(tree, path), wanted)):
                yield path, why


def _difference(path: str, wanted: memoryview) -> str:
    try:
        with open(path, "rb") as file:
            return "" if file.read() == wanted else "has other content than was built"
    except OSError as error:
        return f"cannot be read ({system_reason(error)})"
