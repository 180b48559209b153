"""Collected static files that are part of a project's source.

Some projects commit the folder that collectstatic wrote, STATIC_ROOT, and not all that it was made from.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

_STORAGE_MANIFEST = "staticfiles.json"
"""Where Django's manifest storage keeps the names with a hash."""


def find_committed(static_root: str, project_folder: Path) -> Path | None:
    """The project's own STATIC_ROOT, if there are files in it.

    Args:
        static_root: as the project has it; "" for none.
        project_folder: the project's own files.
    """
    folder = Path(static_root)
    is_inside = bool(static_root) and folder.is_relative_to(project_folder) and folder != project_folder
    return folder if is_inside and folder.is_dir() else None


def add_committed(committed: Path, target: Path) -> None:
    """Add the files, and their names with a hash, that collecting did not give.

    Args:
        committed: the project's own STATIC_ROOT.
        target: the folder that was collected into.
    """
    for folder, _, names in os.walk(committed):
        for name in names:
            path = Path(folder, name)
            copy = target / path.relative_to(committed)
            if not copy.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
    before, after = _read(committed), _read(target)
    if before and after and (lacking := before["paths"].keys() - after["paths"].keys()):
        after["paths"].update({name: before["paths"][name] for name in lacking})
        (target / _STORAGE_MANIFEST).write_text(json.dumps(after, sort_keys=True), encoding="utf-8")


def hashed_names(folder: str) -> frozenset[str]:
    """The names in a folder of collected files that hold a hash, as the storage's manifest tells."""
    return frozenset(name for original, name in _read(Path(folder)).get("paths", {}).items() if name != original)


def _read(folder: Path) -> dict[str, Any]:
    """The storage's manifest in a folder; nothing where there is none."""
    try:
        found: dict[str, Any] = json.loads((folder / _STORAGE_MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found.get("paths"), dict) else {}
