"""Bytecode made at build time, so that nothing compiles on the server."""

from __future__ import annotations

from pathlib import Path

from django_pyz import process
from django_pyz.dependencies import Python
from django_pyz.stage import walk

_COMPILE = """
import compileall, py_compile, sys
compileall.compile_dir(sys.argv[1], quiet=2, force=True, workers=1, stripdir=sys.argv[1],
                       invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH, maxlevels=99)
"""


def compile_tree(python: Python, site_packages: Path) -> list[Path]:
    """Compile every module of a tree, and return the bytecode files.

    One process goes through the files in order with a fixed hash seed: the bytes depend on the sources alone. Files
    that are no valid Python, such as templates, get none. The bytecode is never checked against its source, as the tree
    cannot change (PEP 552, unchecked hash-based pycs).
    """
    environment = process.clean_environment(PYTHONHASHSEED="0")
    process.run(
        [python.executable, "-P", "-s", "-B", "-c", _COMPILE, site_packages], "compile the bytecode", env=environment
    )
    return [path for path in walk(site_packages) if path.suffix == ".pyc"]
