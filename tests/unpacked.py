"""The tree inside a bundle."""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.boot.unpack import unpack
from django_pyz_runtime.bundle.container import read_container


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
