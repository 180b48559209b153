"""Storages of static files that do not write to STATIC_ROOT: buckets, other hosts, folders of their own.

Imported after activation only.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.utils.module_loading import import_string


def storage_elsewhere(command: str) -> str:
    """The storage that a command writes to, by its dotted path, where that is not STATIC_ROOT; else "".

    Args:
        command: collectstatic or compress.
    """
    storage = _storage(command)
    try:
        place = storage.path("")
    except NotImplementedError:
        return _name(type(storage._wrapped))
    except Exception:
        # It may want credentials, which a build does not have. One that cannot be imported is an error of its own.
        kind = import_string(settings.STORAGES["staticfiles"]["BACKEND"])
        if command == "collectstatic" and not issubclass(kind, FileSystemStorage):
            return _name(kind)
        raise
    is_there = os.path.realpath(place) == os.path.realpath(settings.STATIC_ROOT or "")
    return "" if is_there else _name(type(storage._wrapped))


def _storage(command: str) -> Any:
    if command == "compress":
        return import_module("compressor.storage").default_storage
    from django.contrib.staticfiles.storage import staticfiles_storage

    return staticfiles_storage


def _name(kind: type) -> str:
    return f"{kind.__module__}.{kind.__qualname__}"
