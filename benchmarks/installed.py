"""A release that was installed before it is first started."""

from __future__ import annotations

from pathlib import Path

from benchmarks.commands import build_environment, succeed


def install(file: Path, root: Path) -> Path:
    """Install a bundle, and return the installed program.

    Args:
        file: the bundle.
        root: an empty folder that stands for the root of a machine.
    """
    succeed([file, "pyz", "install", "--root", root], build_environment(HOME=str(root), CACHE_DIRECTORY=str(root)))
    [program] = (root / "usr" / "bin").iterdir()
    return program
