"""The first bytes of a bundle: lines for the shell, then the launcher, ready compiled.

A file may be damaged or be replaced while it starts. So the lines are one command in braces, which the shell reads to
its end before it runs any of it. What they have Python run stands there twice, to be compared, and so does the launcher
behind them: that takes less time than any digest. The size of the file is checked as well.
"""

from __future__ import annotations

import marshal
import zlib
from pathlib import Path

import django_pyz_runtime
from django_pyz.pack.bytecode import PORTABLE, Compiled
from django_pyz_runtime.bundle.manifest import Manifest

_RUN_WING = django_pyz_runtime.__name__


def _launcher_files() -> list[str]:
    """Paths of the modules of the run wing that must be there before anything is unpacked."""
    root = Path(django_pyz_runtime.__file__).parent
    inside = [
        path.relative_to(root.parent).as_posix() for name in ("boot", "bundle") for path in (root / name).glob("*.py")
    ]
    return sorted([f"{_RUN_WING}/{name}.py" for name in ("__init__", "errors", "launcher")] + inside)


LAUNCHER_FILES = _launcher_files()
_SIZE = "@SIZE OF FILE@"
"""Stands for the size of the file in bytes until that is known."""
_SHELL = """\
#!/bin/sh
{{  # {name}: a Django project in one file. It is a Python zip application as well: {python} {script}
set -u
unset PYTHONEXECUTABLE PYTHONHOME PYTHONINSPECT PYTHONPATH
unset PYTHONPLATLIBDIR PYTHONPYCACHEPREFIX PYTHONSTARTUP PYTHONUSERBASE
code='{code}'
again='{code}'
if [ "$code" != "$again" ]; then
    echo "${{0##*/}}: $0: the file is damaged (its first lines are not what was built)" >&2
    echo "${{0##*/}}: Copy it again from where it was built." >&2
    exit 2
fi
if command -v {python} >/dev/null; then
    exec {python} -S -c "$code" "$#" "$0" "$@"
fi
echo "${{0##*/}}: wanted Python {version}, found no {python} on PATH: install it, or add its folder to PATH" >&2
exit 2
}}
"""
_CODE = """\
import marshal, sys
count = sys.argv.pop(1)
size = 0
try:
    file = open(sys.argv[1], "rb")
    size = file.seek(0, 2)
    file.seek({start})
    head = file.read({length})
    again = file.read({length})
    file.close()
except OSError:
    pass
if size == {size} and head == again and head.endswith(b"{build_id}") and count == str(len(sys.argv) - 2):
    if sys.implementation.cache_tag != "{tag}":
        import os
        os.execv(sys.executable, [sys.executable] + sys.argv[1:])
    launcher = marshal.loads(head)
    exec(marshal.loads(launcher["start"]))
exec({otherwise})"""
_OTHERWISE = """
import os
try:
    with open(sys.argv[1], "rb") as file:
        first = file.read({start})
    if first.startswith(b"#!/bin/sh") and sys.orig_argv[3].encode() not in first:
        os.execv(sys.argv[1], sys.argv[1:])  # replaced by another one meanwhile
except Exception:
    pass
why = "%d bytes, built with %d" % (size, {size}) if size != {size} else "its first part is not what was built"
name = os.path.basename(sys.argv[1])
sys.stderr.write("%s: %s: the file is damaged (%s)\\\\n" % (name, sys.argv[1], why))
sys.stderr.write("%s: Copy it again from where it was built.\\\\n" % name)
sys.exit(2)
"""
_TOO_OLD = """\
import sys
if sys.version_info < (3, 11):
    sys.stderr.write("{script}: wanted Python 3.11 or newer, found %d.%d\\n" % sys.version_info[:2])
    sys.exit(2)
"""
_MAIN = """\
try:
    from os.path import join

    sources = b"".join(__loader__.get_data(join(sys.argv[0], path)) for path in {files})
    import zlib

    is_damaged = zlib.crc32(sources) != {crc}
except Exception:
    is_damaged = True
if is_damaged:
    sys.stderr.write("{script}: %s: the file is damaged (its launcher is not what was built)\\n" % sys.argv[0])
    sys.stderr.write("{script}: Copy it again from where it was built.\\n")
    sys.exit(2)

from {package}.boot.launcher import launch

launch{call!r}
"""


def source_of(path: str) -> bytes:
    """The source of a module of the run wing, by its path in the tree."""
    return (Path(django_pyz_runtime.__file__).parent.parent / path).read_bytes()


def interpreter(manifest: Manifest) -> str:
    """The program that runs a bundle, to be found on PATH."""
    return f"python{manifest.python}" if manifest.bound_to_python else "python3"


def main_module(manifest: Manifest, build_id: str) -> bytes:
    """The `__main__.py` of the zip application."""
    main = _MAIN.format(
        package=_RUN_WING,
        files=LAUNCHER_FILES,
        crc=zlib.crc32(b"".join(map(source_of, LAUNCHER_FILES))),
        script=manifest.script,
        call=_call(manifest, build_id),
    )
    return (_TOO_OLD.format(script=manifest.script) + main).encode()


def _call(manifest: Manifest, build_id: str) -> tuple[str, str, str, bool]:
    return manifest.name, build_id, manifest.python, manifest.bound_to_python


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
    return _shell_lines(manifest, build_id, compiled.cache_tag, len(launcher)) + 2 * launcher


def with_size(start: bytes, size: int) -> bytes:
    """Put the size of the file into its head, whose own length stays the same.

    Args:
        start: the head.
        size: in bytes.
    """
    return start.replace(_SIZE.encode(), f"{size:>{len(_SIZE)}}".encode())


def _shell_lines(manifest: Manifest, build_id: str, tag: str, length: int) -> bytes:
    """The lines that say where the launcher starts, and how long it is in bytes."""
    lines = b""
    while True:
        start = len(lines)
        otherwise = _OTHERWISE.format(start=start, size=_SIZE)
        code = _CODE.format(
            start=start, length=length, size=_SIZE, build_id=build_id, tag=tag, otherwise=f'"""{otherwise}"""'
        )
        lines = _SHELL.format(
            name=manifest.name,
            script=manifest.script,
            python=interpreter(manifest),
            version=manifest.python if manifest.bound_to_python else "3.11 or newer",
            code=code,
        ).encode()
        if len(lines) == start:
            return lines
