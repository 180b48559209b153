"""Relative folders of Django's file storages, which are relative to wherever a process was started, in the data folder.

A team runs manage.py in the project's folder, so `FileSystemStorage(location="exports")` is beside its code. Where the
project ships nothing at that place it can only be for data, and goes to the data folder whoever starts the process and
wherever. What it does ship stays to be read from there.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType
from typing import Any

from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.data.writable_settings import is_nothing

MODULES = ("django.core.files.storage.filesystem", "django.core.files.storage")
"""Where Django has the class: from 4.2 on, and before."""


def keep_in_data(module: ModuleType, project: Path, data_dir: Path) -> None:
    """Let the storages of a module of Django's have their relative folders in the data folder.

    Args:
        module: one of MODULES; one that only passes the class on is left alone.
        project: the folder of manage.py.
        data_dir: the data folder.
    """
    from django.utils.functional import cached_property

    storage: Any = vars(module).get("FileSystemStorage")
    if storage is None or storage.__module__ != module.__name__:
        return
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
