"""The first bytes of a bundle: lines for the shell, then the launcher, ready compiled."""

from __future__ import annotations

import marshal
from pathlib import Path

import django_pyz_runtime
from django_pyz.bytecode import PORTABLE, Compiled
from django_pyz_runtime.manifest import Manifest

LAUNCHER_MODULES = (
    "__init__",
    "arguments",
    "blocks",
    "bytecode_finder",
    "complaints",
    "container",
    "ini",
    "launcher",
    "names",
    "places",
    "records",
    "trust",
    "unpack",
)
"""The modules of the run wing that must be there before anything is unpacked."""
_RUN_WING = django_pyz_runtime.__name__
_SHELL = """\
#!/bin/sh
# {name}: a Django project in one file. It is a Python zip application as well: {python} {script}
unset PYTHONPATH PYTHONHOME
if command -v {python} >/dev/null; then
    exec {python} -S -c 'import sys;file=open(sys.argv[1],"rb");file.seek({start});exec(file.read({size}))' "$0" "$@"
fi
echo "${{0##*/}}: wanted Python {version}, found no {python} on PATH: install it, or add its folder to PATH" >&2
exit 2
"""
_TOO_OLD = """\
import sys
if sys.version_info < (3, 11):
    sys.stderr.write("{script}: wanted Python 3.11 or newer, found %d.%d\\n" % sys.version_info[:2])
    sys.exit(2)
"""
_MAIN = """\
from django_pyz_runtime.launcher import launch

launch{call!r}
"""


def source_of(module: str) -> bytes:
    """The source of a module of the run wing."""
    return (Path(django_pyz_runtime.__file__).parent / f"{module}.py").read_bytes()


def interpreter(manifest: Manifest) -> str:
    """The program that runs a bundle, to be found on PATH."""
    return f"python{manifest.python}" if manifest.bound_to_python else "python3"


def main_module(manifest: Manifest, build_id: str) -> bytes:
    """The `__main__.py` of the zip application."""
    return (_TOO_OLD.format(script=manifest.script) + _MAIN.format(call=_call(manifest, build_id))).encode()


def _call(manifest: Manifest, build_id: str) -> tuple[str, str, str, bool]:
    return manifest.name, build_id, manifest.python, manifest.bound_to_python


def head(manifest: Manifest, build_id: str, compiled: Compiled) -> bytes:
    """The lines for the shell, the source that they have executed, and what that reads (see django_pyz_runtime.start).

    Args:
        manifest: of the project.
        build_id: of the file.
        compiled: with the code of the run wing.
    """
    source = _TOO_OLD.format(script=manifest.script).encode() + source_of("start")
    modules = {}
    for name in LAUNCHER_MODULES:
        module = _RUN_WING if name == "__init__" else f"{_RUN_WING}.{name}"
        modules[module] = compiled.code[f"{_RUN_WING}/{name}.py"]
    content = {"tag": compiled.cache_tag, "launch": _call(manifest, build_id), "modules": modules}
    return _shell_lines(manifest, len(source)) + source + marshal.dumps(content, PORTABLE)


def _shell_lines(manifest: Manifest, size: int) -> bytes:
    """The lines that say where the source after them starts, and how long it is."""
    lines = b""
    while True:
        start = len(lines)
        lines = _SHELL.format(
            name=manifest.name,
            script=manifest.script,
            python=interpreter(manifest),
            version=manifest.python if manifest.bound_to_python else "3.11 or newer",
            start=start,
            size=size,
        ).encode()
        if len(lines) == start:
            return lines
