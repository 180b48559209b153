"""Installs the packages' programs, and a Python with the bundle's code, for `pyz exec` and child processes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

from django_pyz.dependencies.installers import installed_versions
from django_pyz_runtime.bundle.manifest import PROGRAM_FOLDER, SERVER_FOLDER, Manifest

_NOT_THEIRS = re.compile(r"(python|pypy|pip|pydoc)[0-9.]*|(de)?activate.*|Activate.*")
"""Files that belong to the virtual environment."""
_INTERPRETER = re.compile(rb"\A#!(?:[^\n]*python[^\n]*\n|/bin/sh\n'''exec' [^\n]*\n' '''\n)")
"""The first line of a Python script, or the three lines used if it would be too long."""
_START = """\
#!/bin/sh
'''exec' "${0%/*}/python" "$0" "$@"
' '''
"""
"""To the shell, a command that runs the file with the Python next to it; to Python, a string."""
_SCRIPT = """\
import sys

from {module} import {name}

if __name__ == "__main__":
    sys.exit({function}())
"""
_USE_SERVER = """\
from pathlib import Path

from django_pyz_runtime.activation.code_path import use_server

use_server(Path(__file__).absolute().parents[1])

"""
"""The start of a program of the server."""
_PYTHON = Path(__file__).with_name("child_python.sh")


def add_programs(installed: Path, site_packages: Path, manifest: Manifest) -> None:
    """Put the programs into the tree; those of the server if the project has no gunicorn.

    Entry point functions get a file of our own, which does not depend on the installer.

    Args:
        installed: the folder with the programs of the virtual environment.
        site_packages: the tree.
        manifest: of the project.
    """
    target = site_packages / PROGRAM_FOLDER
    target.mkdir()
    for path in sorted(installed.iterdir()):
        if path.is_file() and not _NOT_THEIRS.fullmatch(path.name):
            content = path.read_bytes()
            _write(target / path.name, _INTERPRETER.sub(lambda _: _START.encode(), content, count=1))
    for name, script in _scripts(site_packages):
        _write(target / name, (_START + script).encode())
    if "gunicorn" not in installed_versions(site_packages):
        for name, script in _scripts(site_packages / SERVER_FOLDER):
            if not (target / name).exists():
                _write(target / name, (_START + _USE_SERVER + script).encode())
    python = _PYTHON.read_text(encoding="utf-8").replace("@PREFIX@", manifest.env_prefix)
    _write(target / "python", python.replace("@VERSION@", manifest.python).encode())


def _scripts(packages: Path) -> Iterator[tuple[str, str]]:
    """The entry point functions: name, and a script that calls the function."""
    for point in (point for item in distributions(path=[str(packages)]) for point in item.entry_points):
        if point.group == "console_scripts" and point.attr and not _NOT_THEIRS.fullmatch(point.name):
            name = point.attr.partition(".")[0]
            yield point.name, _SCRIPT.format(module=point.module, name=name, function=point.attr)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    path.chmod(0o755)
