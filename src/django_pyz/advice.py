"""What a project may need besides, as its files let suppose: notes for the report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from django_pyz.options import Options
from django_pyz.project import Project
from django_pyz.source_files import Selection


def notes(found: Project, selection: Selection, options: Options) -> Iterator[str]:
    """What to say of a project that will be built as its options say."""
    if not options.build_commands:
        folders = dict.fromkeys([found.root, found.folder])
        yield from (_unbuilt(folder / "package.json", found.root) for folder in folders if _has_build_script(folder))
    compiled = {path.with_suffix("") for path in selection.files if path.suffix == ".mo"}
    if lacking := [path for path in selection.files if path.suffix == ".po" and path.with_suffix("") not in compiled]:
        yield (
            f"{len(lacking)} translations are not compiled, as {lacking[0]}: commit the .mo files, or give "
            '--build-commands "django-admin compilemessages"'
        )


def _unbuilt(path: Path, root: Path) -> str:
    return (
        f"{path.relative_to(root)} has a build script, which was not run: if the site needs it, give "
        '--build-commands "npm ci && npm run build"'
    )


def _has_build_script(folder: Path) -> bool:
    try:
        return "build" in json.loads((folder / "package.json").read_text(encoding="utf-8")).get("scripts", {})
    except (OSError, ValueError, AttributeError, TypeError):
        return False
