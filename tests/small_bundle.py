"""A bundle of next to nothing, made in a second: it has the run wing and can be asked what it is, but no Django."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from django_pyz.pack import bytecode
from django_pyz.pack.write import Contents, write_bundle
from django_pyz.python import find_python
from django_pyz.stage import stage
from django_pyz_runtime.bundle.manifest import FILE_NAME, PROJECT_FOLDER, Manifest
from tests.build.trees import write_tree

MANIFEST = Manifest("shop", "shop-script", "shop.settings", (PROJECT_FOLDER,), "3.11")
ANSWER = ("pyz", "info", "--sbom")
"""A command that it can run."""


def write_small(
    folder: Path,
    *,
    epoch: int = 1700000000,
    manifest: Manifest = MANIFEST,
    files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write the bundle.

    Args:
        folder: where; made if it is not there.
        epoch: the time of the build, in seconds since 1970.
        manifest: of the project.
        files: more files for the tree, by their paths in site-packages.

    Returns:
        Its path.
    """
    site_packages = write_tree(folder / "tree", {"shop/__init__.py": "", FILE_NAME: manifest.to_json()})
    for name, content in (files or {}).items():
        path = site_packages / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    stage.add_run_wing(site_packages)
    stage.normalise_modes(site_packages)
    scratch = folder / "scratch"
    scratch.mkdir()
    compiled = bytecode.compile_tree(find_python(""), site_packages, scratch)
    output = folder / manifest.script
    write_bundle(Contents(site_packages, compiled, manifest, epoch), output, scratch)
    return output
