"""The first bytes of a bundle: lines for the shell, then the launcher, ready compiled.

A file may be damaged or be replaced while it starts. So the lines are one command in braces, which the shell reads to
its end before it runs any of it. What they have Python run stands there twice, to be compared, and so does the launcher
behind them: that takes less time than any digest. The size of the file is checked as well.

The lines and what Python runs are files in the folder `programs`. A program's constants, and in the lines for the shell
the @MARKS@, get the values of a bundle here.
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
"""The modules of the run wing that must be there before anything is unpacked, by their paths in the tree."""
_SIZE = "@SIZE OF FILE@"
"""Stands for the size of the file in bytes until that is known."""
_START = "@START OF LAUNCHER@"
"""Stands for the length of the lines in bytes until that is known."""


def source_of(path: str) -> bytes:
    """The source of a module of the run wing, by its path in the tree."""
    return (_PACKAGES / path).read_bytes()


def interpreter(manifest: Manifest) -> str:
    """The program that runs a bundle, to be found on PATH."""
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
    """The lines for the shell, and what they have executed, twice (see django_pyz_runtime.boot.start).

    The size of the file is missing in it: see `with_size`.

    Args:
        manifest: of the project.
        build_id: of the file.
        compiled: with the code of the run wing.
    """
    modules = {path: compiled.code[path] for path in LAUNCHER_FILES}
    start = modules.pop(f"{_RUN_WING}/boot/start.py")
    content = {"launch": _call(manifest, build_id), "modules": modules, "start": start}
    launcher = marshal.dumps(content, PORTABLE) + build_id.encode()
    lines = _first_lines(manifest, build_id, compiled.cache_tag, len(launcher))
    return _with_number(lines, _START, len(lines)) + 2 * launcher


def with_size(start: bytes, size: int) -> bytes:
    """Put the size of the file into its head, whose own length stays the same.

    Args:
        start: the head.
        size: in bytes.
    """
    return _with_number(start, _SIZE, size)


def _with_number(content: bytes, mark: str, number: int) -> bytes:
    """Put a number in the place of a mark, right-aligned."""
    return content.replace(mark.encode(), f"{number:>{len(mark)}}".encode())


def _first_lines(manifest: Manifest, build_id: str, tag: str, length: int) -> bytes:
    """The lines for the shell, with the code for Python in them; `length` is that of the launcher in bytes."""
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
    """A program without its docstring, with the values of its constants, as Python writes them."""
    code = (_PROGRAMS / name).read_text(encoding="utf-8").partition('"""\n\n')[2]
    return re.sub("^([A-Z_]+) = .*$", lambda line: f"{line[1]} = {constants[line[1]]}", code, flags=re.MULTILINE)
