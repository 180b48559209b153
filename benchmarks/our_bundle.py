"""Writes a bundle whose program does nothing, from any tree: the only module here that depends on the format."""

from __future__ import annotations

import shutil
from pathlib import Path

from django_pyz.epoch import source_date_epoch
from django_pyz.pack import bytecode
from django_pyz.pack.write import Contents, write_bundle
from django_pyz.python import find_python
from django_pyz.stage import stage
from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, Manifest

_MAIN = '''"""The launcher hands over to this; nothing is left to do."""


def main(*arguments: object) -> int:
    return 0
'''


def write_noop(packages: Path, project: Path, output: Path, scratch: Path) -> None:
    """Write the bundle.

    Args:
        packages: a folder with installed packages, without bytecode.
        project: the project's files.
        output: the file to write.
        scratch: an empty folder.
    """
    tree, work = scratch / "tree", scratch / "work"
    work.mkdir()
    shutil.copytree(packages, tree)
    shutil.copytree(project, tree / PROJECT_FOLDER)
    stage.add_run_wing(tree)
    (tree / "django_pyz_runtime" / "main.py").write_text(_MAIN, encoding="utf-8")
    python = find_python("")
    manifest = Manifest(
        "noop",
        "noop",
        "settings",
        (PROJECT_FOLDER,),
        python.version,
        bound_to_python=stage.is_bound_to_python(tree),
        has_extensions=stage.has_extensions(tree),
    )
    (tree / FILE_NAME).write_text(manifest.to_json(), encoding="utf-8")
    compiled = bytecode.compile_tree(python, tree, work)
    stage.normalise_modes(tree)
    write_bundle(Contents(tree, compiled, manifest, source_date_epoch()), output, work)
