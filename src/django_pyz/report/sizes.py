"""Computes how many bytes of a bundle each of its files takes."""

from __future__ import annotations

from pathlib import Path

from django_pyz_runtime.bundle.blocks import read_layout
from django_pyz_runtime.bundle.bytecode_finder import BYTECODE, SUFFIX
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.bundle.names import SITE_PACKAGES


def in_file(bundle: Path) -> dict[str, int]:
    """The bytes that each file of the tree takes in a bundle, by a readable path.

    Files are compressed in groups, and each gets its share of the group's size. A duplicate takes nothing.

    Raises:
        UserError: the bundle is damaged.
    """
    container = read_container(str(bundle))
    with bundle.open("rb") as file:
        layout = read_layout(str(bundle), file.fileno(), container.tree)
    found = {_shown(path): 0 for path, _ in layout.links}
    for block in layout.blocks:
        share = block.size / max(sum(item.size for item in block.files), 1)
        found |= {_shown(item.path): round(item.size * share) for item in block.files}
    return dict(sorted(found.items()))


def _shown(path: str) -> str:
    """A path below site-packages; the bytecode of a package counts as part of it."""
    kind, _, rest = path.partition("/")
    if kind == BYTECODE:
        package = rest.partition("/")[2].removesuffix(SUFFIX)
        return f"{package or 'modules'}/(bytecode)"
    return rest if kind == SITE_PACKAGES else path
