"""The first bytes of a bundle: shell lines, then the compiled launcher.

A file may be damaged, or replaced while it starts. So the lines are one command in braces, which the shell reads
completely before it runs any of it. The Python code in them is stored twice and compared, and so is the launcher that
follows: this is faster than any digest. The size of the file is checked as well.

The shell lines and the Python programs are files in the folder `programs`. The programs' constants, and the @MARKS@ in
the shell lines, get their values here.
"""

from __future__ import annotations

import marshal
import re
import zlib
from pathlib import Path

import django_pyz_runtime
from django_pyz.pack.bytecode import PORTABLE, Compiled
from django_pyz_runtime.bundle.manifest import Manifest

_PROGRAMS = Path(__file__).parent / "programs"
_RUN_WING = django_pyz_runtime.__name__
_PACKAGES = Path(django_pyz_runtime.__file__).parents[1]
LAUNCHER_FILES = sorted(
    path.relative_to(_PACKAGES).as_posix()
    for pattern in ("__init__.py", "errors.py", "launcher.py", "boot/*.py", "bundle/*.py")
    for path in (_PACKAGES / _RUN_WING).glob(pattern)
)
"""The modules of the run wing that are needed before anything is unpacked, by their paths in the tree."""
_SIZE = "@SIZE OF FILE@"
"""Placeholder for the size of the file in bytes."""
_START = "@START OF LAUNCHER@"
"""Placeholder for the length of the lines in bytes."""


def source_of(path: str) -> bytes:
    """The source of a module of the run wing, by its path in the tree."""
    return (_PACKAGES / path).read_bytes()


def interpreter(manifest: Manifest) -> str:
    """The program on PATH that runs a bundle."""
    return f"python{manifest.python}" if manifest.bound_to_python else "python3"


def main_module(manifest: Manifest, build_id: str) -> bytes:
    """The `__main__.py` of the zip application."""
    return _program(
        "zip_main.py",
        SCRIPT=repr(manifest.script),
        MODULES=repr(LAUNCHER_FILES),
        CRC=str(zlib.crc32(b"".join(map(source_of, LAUNCHER_FILES)))),
        LAUNCH=repr(_call(manifest, build_id)),
    ).encode()


def _call(manifest: Manifest, build_id: str) -> tuple[str, str, tuple[str, bool, int, int], bool]:
    return manifest.name, build_id, runs_on(manifest), manifest.has_extensions


def runs_on(manifest: Manifest) -> tuple[str, bool, int, int]:
    """The Python that a bundle needs (see django_pyz_runtime.bundle.container.Container)."""
    return manifest.python, manifest.bound_to_python, manifest.least_patch, manifest.below_patch


def head(manifest: Manifest, build_id: str, compiled: Compiled) -> bytes:
    """The shell lines, and twice the launcher that they execute (see django_pyz_runtime.boot.start).

    The size of the file is still missing: see `with_size`.

    Args:
        manifest: of the project.
        build_id: of the file.
        compiled: has the code of the run wing.
    """
    modules = {path: compiled.code[path] for path in LAUNCHER_FILES}
    start = modules.pop(f"{_RUN_WING}/boot/start.py")
    content = {"launch": _call(manifest, build_id), "modules": modules, "start": start}
    launcher = marshal.dumps(content, PORTABLE) + build_id.encode()
    lines = _first_lines(manifest, build_id, compiled.cache_tag, len(launcher))
    return _with_number(lines, _START, len(lines)) + 2 * launcher


def with_size(start: bytes, size: int) -> bytes:
    """Put the size of the file into its head, without changing the head's length.

    Args:
        start: the head.
        size: in bytes.
    """
    return _with_number(start, _SIZE, size)


def _with_number(content: bytes, mark: str, number: int) -> bytes:
    """Replace a mark by a number, right-aligned."""
    return content.replace(mark.encode(), f"{number:>{len(mark)}}".encode())


def _first_lines(manifest: Manifest, build_id: str, tag: str, length: int) -> bytes:
    """The shell lines with their Python code; `length` is the launcher's, in bytes."""
    tell_damage = _program("tell_damage.py", START=_START, SIZE=_SIZE).replace("\\", "\\\\")
    values = {
        "NAME": manifest.name,
        "SCRIPT": manifest.script,
        "PYTHON": interpreter(manifest),
        "VERSION": manifest.python if manifest.bound_to_python else "3.11 or newer",
        "CODE": _program(
            "check_and_start.py",
            START=_START,
            LENGTH=str(length),
            SIZE=_SIZE,
            BUILD_ID=f'"{build_id}"',
            CACHE_TAG=f'"{tag}"',
            TELL_DAMAGE=f'"""\n{tell_damage}"""',
        ),
    }
    lines = (_PROGRAMS / "first_lines.sh").read_text(encoding="utf-8")
    return re.sub("@([A-Z]+)@", lambda mark: values[mark[1]], lines).encode()


def _program(name: str, **constants: str) -> str:
    """A program without its docstring, with its constants replaced by values, as Python formats them."""
    code = (_PROGRAMS / name).read_text(encoding="utf-8").partition('"""\n\n')[2]
    return re.sub("^([A-Z_]+) = .*$", lambda line: f"{line[1]} = {constants[line[1]]}", code, flags=re.MULTILINE)
