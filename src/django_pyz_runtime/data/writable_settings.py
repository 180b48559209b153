"""Knows which settings name paths that are written to, and which paths are still empty."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from django_pyz_runtime.data.settings_walk import Holders, Names, is_really

FOLDERS = ("FILE_UPLOAD_TEMP_DIR", "EMAIL_FILE_PATH", "SESSION_FILE_PATH", "MEDIA_ROOT")
"""Settings of Django's that are the path of a folder written to at run time, which it expects to be there."""
READ = {
    *("STATIC_ROOT", "COMPRESS_ROOT", "STATICFILES_DIRS", "TEMPLATES", "TEMPLATE_DIRS", "LOCALE_PATHS", "FIXTURE_DIRS"),
    *("BASE_DIR", "ROOT_DIR", "PROJECT_DIR", "PROJECT_ROOT", "SITE_ROOT"),
}
"""Settings that are read from, be there something or not, or that other paths start from."""
_PLACEHOLDER = r"\.git(keep|ignore|attributes)|\.(keep|placeholder|empty|dockerignore)|README(\..*)?"
_FOLDER_WORDS = {"DIR", "DIRS", "DIRECTORY", "FOLDER", "ROOT", "PATH", "LOCATION"}
_BUILD_WORDS = {"BIN", "BINARY", "COMMAND", "EXECUTABLE", "MANIFEST", "STATS", "VITE", "VUE", "WEBPACK"}
_FILE_WORDS = {"FILE", "FILENAME", "KEY", "SOCKET", "SOCK", "PIDFILE", "DB", "DATABASE"}


def is_written_to(names: Names, holders: Holders) -> bool:
    """Whether a setting of Django's is the path of something that is written to.

    Args:
        names: lead to its value.
        holders: the dictionaries around the value, outermost first.
    """
    match names:
        case (name,):
            return name in FOLDERS
        case ("DATABASES", _, "NAME") | ("DATABASES", _, "TEST", "NAME"):
            return _is_sqlite_file(holders[1].get("ENGINE"), holders[-1]["NAME"])
        case ("CACHES", _, "LOCATION"):
            return "FileBasedCache" in str(holders[-1].get("BACKEND", ""))
        case ("STORAGES", _, "OPTIONS", "location") | ("LOGGING", "handlers", _, "filename"):
            return True
    return False


def is_read_only(names: Names, path: Path) -> bool:
    """Whether a path that is not there is one that a front-end build should have made, rather than data.

    Args:
        names: lead to its value.
        path: relative to the project.
    """
    words = {word for name in names for word in re.split(r"[^A-Z]+", name.upper())}
    return bool(words & _BUILD_WORDS or {"node_modules", "static"} & set(path.parts))


def _is_sqlite_file(engine: Any, name: Any) -> bool:
    is_sqlite = is_really(engine, str) and engine.endswith(("sqlite3", "spatialite"))
    text = os.fspath(name) if is_really(name, str, os.PathLike) else ""
    return is_sqlite and text != ":memory:" and not text.startswith("file:")


def is_nothing(path: Path) -> bool:
    """Whether the tree has nothing at a path, or only folders kept there for something to come."""
    if not os.path.lexists(path):
        return True
    return path.is_dir() and all(re.fullmatch(_PLACEHOLDER, name) for _, _, names in os.walk(path) for name in names)


def means_folder(path: str, key: str) -> bool:
    """Whether a path that is not there is sure to be meant for a folder."""
    words = set(key.upper().split("_"))
    has_suffix = bool(os.path.splitext(path)[1])
    return path.endswith("/") or (not has_suffix and bool(words & _FOLDER_WORDS) and not words & _FILE_WORDS)
