"""Folders that settings name relative to the current folder, to read from, as absolute paths in the project."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from django_pyz_runtime.data.settings_walk import is_really

_LISTS = ("STATICFILES_DIRS", "LOCALE_PATHS", "FIXTURE_DIRS")


def anchor(namespace: MutableMapping[str, Any], folder: Path) -> None:
    """Make the relative ones absolute where the project has them: a team runs manage.py in its folder, an operator not.

    Args:
        namespace: of the settings module; changed in place, on copies of its lists and dictionaries.
        folder: the one of manage.py.
    """
    for name in _LISTS:
        if is_really(folders := namespace.get(name), list, tuple):
            namespace[name] = [_anchored(item, folder) for item in folders]
    if is_really(templates := namespace.get("TEMPLATES"), list, tuple):
        namespace["TEMPLATES"] = [_with_anchored_dirs(engine, folder) for engine in templates]


def _with_anchored_dirs(engine: Any, folder: Path) -> Any:
    if type(engine) is not dict or type(engine.get("DIRS")) not in (list, tuple):
        return engine
    return {**engine, "DIRS": [_anchored(item, folder) for item in engine["DIRS"]]}


def _anchored(item: Any, folder: Path) -> Any:
    if is_really(item, tuple, list) and len(item) == 2:
        # A prefix and a folder, as STATICFILES_DIRS may have them.
        return (item[0], _anchored(item[1], folder))
    if not is_really(item, str, Path) or os.path.isabs(item) or not (folder / item).is_dir():
        return item
    return type(item)(os.path.normpath(folder / item))
