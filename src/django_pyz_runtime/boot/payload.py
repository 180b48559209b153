"""Entry point of the payload on its own: shiv's archive inside a bundle is one that shiv itself can start."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

from django_pyz_runtime.boot.launcher import launch
from django_pyz_runtime.bundle.container import read_container


def main() -> NoReturn:
    """Run the bundle's command line; the tree is an archive beside our package."""
    archive = str(Path(__file__).resolve().parents[2] / "django_pyz_tree" / "blocks")
    container = read_container(archive)
    bound_to_python, has_extensions = container.bound_to_python, container.has_extensions
    launch(container.name, container.build_id, container.python, bound_to_python, has_extensions, archive)
