"""The tree inside a bundle."""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.container import read_container
from django_pyz_runtime.unpack import unpack


def unpacked(bundle: Path, tree: Path) -> Path:
    """Unpack a bundle.

    Args:
        bundle: the file.
        tree: the folder to make.

    Returns:
        The same.
    """
    unpack(str(bundle), read_container(str(bundle)), str(tree))
    return tree
