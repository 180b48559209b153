"""Entry point of the payload on its own: shiv's archive inside a bundle is one that shiv itself can start."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from django_pyz_runtime.container import read_container
from django_pyz_runtime.launcher import launch


def main() -> NoReturn:
    """Run the bundle's command line; the tree is an archive beside this package."""
    archive = str(Path(__file__).resolve().parent.parent / "django_pyz_tree" / "blocks")
    container = read_container(archive)
    launch(container.name, container.build_id, container.python, container.bound_to_python, archive)
