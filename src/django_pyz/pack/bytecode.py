"""Compiles bytecode at build time, so that the server compiles nothing."""

from __future__ import annotations

import hashlib
import json
import marshal
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import IntEnum
from pathlib import Path
from typing import NamedTuple

from django_pyz import process
from django_pyz.files.paths import files_below, folders_of
from django_pyz.pack import compile_parts
from django_pyz.pack.build_cache import NO_CACHE, BuildCache
from django_pyz.python import Python
from django_pyz_runtime.bundle.bytecode_finder import SIZE_BYTES, SUFFIX
from django_pyz_runtime.bundle.manifest import METRICS_FOLDER, SERVER_FOLDER

PORTABLE = 2
"""A version of marshal that every Python reads and that is deterministic."""
_ROOTS = (f"{SERVER_FOLDER}/", f"{METRICS_FOLDER}/")
_TESTS = re.compile(r"(^|/)(tests/|tests\.py$|test_[^/]*\.py$|conftest\.py$)")


class _Rank(IntEnum):
    """The precedence of same-named modules in Python's FileFinder; the highest wins."""

    FOLDER = 0
    MODULE = 1
    EXTENSION = 2
    PACKAGE = 3


class Compiled(NamedTuple):
    """The code of the modules of a tree.

    Attributes:
        cache_tag: that of the compiling Python.
        code: for each source, by its path in the tree, what `marshal` wrote.
    """

    cache_tag: str
    code: Mapping[str, bytes]


def compile_tree(python: Python, site_packages: Path, scratch: Path, cache: BuildCache = NO_CACHE) -> Compiled:
    """Compile every module of a tree.

    The bytes depend only on the sources. Files that are not valid Python, such as templates, get no code; nor do tests,
    which do not run on a server.

    Args:
        python: the one the bundle is built for.
        site_packages: the tree.
        scratch: a folder for the output of the processes.
        cache: stores the code of each package.
    """
    found: dict[str, bytes] = {}
    for root, files in _by_root(files_below(site_packages)).items():
        code = _compile_root(python, site_packages / root, files, scratch, cache)
        found |= {root + path: content for path, content in code.items()}
    return Compiled(python.cache_tag, found)


def _by_root(files: Iterable[str]) -> dict[str, list[str]]:
    """The files grouped by import root: the tree, "", and the server's two folders; each relative to its root.

    A package has the same code and index in each, so the server's gunicorn is stored once if the project has it too.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for path in files:
        root = next((root for root in _ROOTS if path.startswith(root)), "")
        found[root].append(path.removeprefix(root))
    return found


def _compile_root(
    python: Python, root: Path, files: Iterable[str], scratch: Path, cache: BuildCache
) -> dict[str, bytes]:
    """Compile the modules that are imported from one folder."""
    parts: dict[str, list[str]] = defaultdict(list)
    for path in files:
        if path.endswith(".py") and not _TESTS.search(path):
            parts[path.partition("/")[0]].append(path)
    keys = {_key(python, root, paths): paths for paths in parts.values()}
    compiled = {key: content for key in keys if (content := cache.get(key))}
    missing = sorted(keys.keys() - compiled.keys(), key=lambda key: -len(keys[key]))
    for key, content in zip(missing, _compile(python, root, [keys[key] for key in missing], scratch), strict=True):
        cache.put(key, content)
        compiled[key] = content
    return {path: code for key in keys for path, code in _codes(compiled[key])}


def _key(python: Python, root: Path, paths: list[str]) -> str:
    """The cache key of a part (a top-level package): Python itself, and the names and contents of the sources."""
    status = os.stat(python.executable)
    program = Path(compile_parts.__file__).read_bytes()
    digest = hashlib.sha256(repr((str(python.executable), status.st_size, status.st_mtime_ns, program)).encode())
    for path in paths:
        content = hashlib.sha256((root / path).read_bytes()).digest()
        digest.update(os.fsencode(path) + b"\0" + content)
    return digest.hexdigest()


def _compile(python: Python, root: Path, parts: list[list[str]], scratch: Path) -> Iterator[bytes]:
    if not parts:
        return
    with tempfile.TemporaryDirectory(dir=scratch) as output:
        wanted = Path(output) / "parts"
        wanted.write_text(json.dumps(parts), encoding="ascii")
        options = ("-PSB", "-W", "ignore")
        workers = str(os.cpu_count() or 1)
        command: list[str | Path] = [python.executable, *options, compile_parts.__file__, root, wanted, output, workers]
        process.run(command, "compile the bytecode", env=process.clean_environment(PYTHONHASHSEED="0"))
        for number in range(len(parts)):
            yield (Path(output) / str(number)).read_bytes()


def _codes(content: bytes) -> Iterator[tuple[str, bytes]]:
    sizes, _, codes = content.partition(b"\n")
    position = 0
    for path, size in json.loads(sizes).items():
        yield path, codes[position : position + size]
        position += size


def write(compiled: Compiled, files: Iterable[str], folder: Path) -> list[Path]:
    """Write the files with the modules' bytecode (see django_pyz_runtime.bundle.bytecode_finder).

    Args:
        compiled: the code.
        files: the paths of all files of the tree.
        folder: where to write; created here.

    Returns:
        The files.
    """
    written: list[Path] = []
    for root, inside in _by_root(files).items():
        code = {path.removeprefix(root): content for path, content in compiled.code.items() if path.startswith(root)}
        written += _write_root(code, inside, folder / root)
    return written


def _write_root(code: Mapping[str, bytes], files: Iterable[str], folder: Path) -> list[Path]:
    """Write the files for one folder of modules."""
    parts: dict[str, dict[str, dict[str, str | None]]] = {}
    for name, modules in _importable(files).items():
        if any(path in code for path in modules.values()):
            parts.setdefault(name.partition("/")[0], {})[name] = modules
    folder.mkdir(parents=True, exist_ok=True)
    return [_write_part(code, parts[part], folder / f"{part}{SUFFIX}") for part in sorted(parts)]


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
    """The importable names in each folder: the path of the source, or None to leave the name to FileFinder."""
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
