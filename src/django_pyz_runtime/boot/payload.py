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
    launch(container.name, container.build_id, container.runs_on, container.has_extensions, archive)
