"""Bytecode made at build time, so that nothing compiles on the server."""

from __future__ import annotations

import json
import marshal
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from django_pyz import process
from django_pyz.dependencies import Python
from django_pyz.tree_archive import files_below, folders_of
from django_pyz_runtime.bytecode_finder import SIZE_BYTES, SUFFIX

_PARTS = 4
"""How many processes compile. A fixed number: what marshal writes depends on what a process has compiled before."""
PORTABLE = 2
"""A version of marshal that every Python reads, and in which equal values are equal bytes."""
_TESTS = re.compile(r"(^|/)(tests/|tests\.py$|test_[^/]*\.py$|conftest\.py$)")
_COMPILE = """
import json, marshal, os, sys
from importlib.machinery import SourceFileLoader

root, names, output = sys.argv[1:]
sizes = {}
with open(output, "wb") as file:
    for name in filter(None, os.fsdecode(open(names, "rb").read()).split("\\0")):
        try:
            with open(root + "/" + name, "rb") as source:
                code = SourceFileLoader("", "").source_to_code(source.read(), name)
        except (SyntaxError, ValueError, UnicodeDecodeError, RecursionError):
            continue
        sizes[name] = file.write(marshal.dumps(code))
print(json.dumps([sys.implementation.cache_tag, sizes]))
"""


class _Rank(IntEnum):
    """Which of several of a name in one folder is imported, by Python's FileFinder: the last."""

    FOLDER = 0
    MODULE = 1
    EXTENSION = 2
    PACKAGE = 3


class Compiled(NamedTuple):
    """The code of the modules of a tree.

    Attributes:
        cache_tag: of the Python that compiled.
        code: for each source, by its path in the tree, what `marshal` wrote.
    """

    cache_tag: str
    code: Mapping[str, bytes]


def compile_tree(python: Python, site_packages: Path, scratch: Path) -> Compiled:
    """Compile every module of a tree.

    The bytes depend on the sources alone. Files that are no valid Python, such as templates, get no code; nor do tests,
    which nobody runs on a server.

    Args:
        python: the one the bundle is for.
        site_packages: the tree.
        scratch: a folder for what the processes write.
    """
    sources = [path for path in files_below(site_packages) if path.endswith(".py") and not _TESTS.search(path)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [
            pool.submit(_compile_some, python, site_packages, sources[start::_PARTS], scratch / f"code-{start}")
            for start in range(_PARTS)
        ]
        parts = [job.result() for job in jobs]
    return Compiled(parts[0].cache_tag, {path: code for part in parts for path, code in part.code.items()})


def _compile_some(python: Python, root: Path, sources: list[str], output: Path) -> Compiled:
    names = output.with_suffix(".names")
    names.write_bytes(os.fsencode("\0".join(sources)))
    command: list[str | Path] = [
        python.executable,
        "-P",
        "-S",
        "-B",
        "-W",
        "ignore",
        "-c",
        _COMPILE,
        root,
        names,
        output,
    ]
    environment = process.clean_environment(PYTHONHASHSEED="0")
    told = process.run(command, "compile the bytecode", env=environment)
    cache_tag, sizes = json.loads(told)
    with output.open("rb") as file:
        return Compiled(cache_tag, {name: file.read(size) for name, size in sizes.items()})


def write(compiled: Compiled, files: Iterable[str], folder: Path) -> list[Path]:
    """Write the files that modules are imported from (see django_pyz_runtime.bytecode_finder).

    Args:
        compiled: the code.
        files: the paths of all files of the tree.
        folder: where to write; made here.

    Returns:
        The files.
    """
    parts: dict[str, dict[str, dict[str, str | None]]] = {}
    for name, modules in _importable(files).items():
        if any(path in compiled.code for path in modules.values()):
            parts.setdefault(name.partition("/")[0], {})[name] = modules
    folder.mkdir(parents=True)
    return [_write_part(compiled.code, parts[part], folder / f"{part}{SUFFIX}") for part in sorted(parts)]


def _write_part(code: Mapping[str, bytes], folders: dict[str, dict[str, str | None]], output: Path) -> Path:
    index: dict[str, dict[str, tuple[bool, int, int] | None]] = {}
    contents: list[bytes] = []
    position = 0
    for folder, modules in sorted(folders.items()):
        index[folder] = {}
        for name, path in sorted(modules.items()):
            content = code.get(path or "", b"")
            is_package = bool(path) and path != f"{folder}/{name}.py".lstrip("/")
            index[folder][name] = (is_package, position, len(content)) if content else None
            contents.append(content)
            position += len(content)
    data = marshal.dumps(index, PORTABLE)
    output.write_bytes(b"".join([len(data).to_bytes(SIZE_BYTES, "little"), data, *contents]))
    return output


def _importable(files: Iterable[str]) -> dict[str, dict[str, str | None]]:
    """What can be imported from each folder: the path of its source, or None where the file system has to be asked."""
    paths = list(files)
    candidates = [(_Rank.FOLDER, folder, "") for folder in folders_of(paths)]
    for path in paths:
        folder, _, name = path.rpartition("/")
        stem, _, end = name.partition(".")
        if end == "py" or path.endswith(".so"):
            is_package = stem == "__init__"
            rank = _Rank.PACKAGE if is_package else _Rank.MODULE if end == "py" else _Rank.EXTENSION
            candidates.append((rank, folder if is_package else f"{folder}/{stem}", path if end == "py" else ""))
    found: dict[str, dict[str, str | None]] = defaultdict(dict)
    for _, module, path in sorted(candidates):
        folder, _, name = module.rpartition("/")
        found[folder][name] = path or None
    return found
