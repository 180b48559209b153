"""Folders that settings and storages name relative to where a process is started: a team starts it beside manage.py.

What settings read from is in the project. `FileSystemStorage(location="exports")` is beside the code as well where the
project ships something at that place; else it can only be for data, and goes to the data folder whoever starts the
process and wherever.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.data.writable_settings import is_nothing

STORAGE_MODULE = "django.core.files.storage.filesystem"
"""Where Django has FileSystemStorage."""
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


def keep_in_data(module: ModuleType, project: Path, data_dir: Path) -> None:
    """Let Django's storages have their relative folders in the data folder.

    Args:
        module: the one with the name STORAGE_MODULE.
        project: the folder of manage.py.
        data_dir: the data folder.
    """
    from django.utils.functional import cached_property

    storage: Any = vars(module)["FileSystemStorage"]
    original = vars(storage)["base_location"].func

    def base_location(self: Any) -> Any:
        return in_data(original(self), project, data_dir)

    kept = cached_property(base_location)
    kept.__set_name__(storage, "base_location")
    storage.base_location = kept


def in_data(location: Any, project: Path, data_dir: Path) -> Any:
    """A folder, or the place in the data folder that it is at where that is safe."""
    if not is_really(location, str, Path) or not str(location) or os.path.isabs(location):
        return location
    inside = os.path.normpath(location)
    if inside.split(os.sep)[0] in (os.curdir, os.pardir) or not is_nothing(project / inside):
        return location
    return type(location)(data_dir / inside)
