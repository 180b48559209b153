"""A staged tree with this Python's own Django, for the tests of what runs in it."""

from __future__ import annotations

from pathlib import Path

import asgiref
import django
import platformdirs
import sqlparse
import whitenoise

from django_pyz.python import find_python
from django_pyz.stage import stage
from django_pyz.stage.staged_project import StagedProject
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Manifest
from tests.build.trees import write_tree

MANIFEST = Manifest("shop", "shop", "shop.settings", (PROJECT_FOLDER,), "3.11")


def make_staged(folder: Path, files: dict[str, str], **variables: str) -> StagedProject:
    """Stage a project.

    Args:
        folder: an empty one.
        files: of the project.
        variables: for the build.
    """
    site_packages = folder / "site-packages"
    site_packages.mkdir()
    for package in (django, asgiref, sqlparse, whitenoise, platformdirs):
        source = Path(package.__path__[0])
        (site_packages / source.name).symlink_to(source)
    stage.add_run_wing(site_packages)
    write_tree(site_packages / PROJECT_FOLDER, files)
    (folder / "scratch").mkdir()
    staged = StagedProject(find_python(""), site_packages, folder / "scratch", variables=variables)
    staged.write_manifest(MANIFEST)
    return staged
