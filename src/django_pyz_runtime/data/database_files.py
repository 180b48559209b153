"""SQLite's files: whether this user can write them, and who can do something about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from django_pyz_runtime.boot.trust import user_name, whose
from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.errors import UserError

_WRITE_BITS = 0o222


def unwritable(databases: Mapping[str, Mapping[str, Any]]) -> UserError | None:
    """What to say of the first SQLite database that this user cannot write; None where there is none.

    Args:
        databases: DATABASES, as Django has it.
    """
    for alias, database in databases.items():
        name = database.get("NAME")
        is_sqlite = str(database.get("ENGINE", "")).endswith(("sqlite3", "spatialite"))
        if not is_sqlite or not is_really(name, str, os.PathLike) or not os.path.isabs(path := os.fspath(name)):
            continue
        if problem := _problem(path):
            return UserError(f"the database {alias!r}, {path}: {problem[0]}", hint=problem[1])
    return None


def _problem(path: str) -> tuple[str, str] | None:
    """Why a file cannot be written, and the next step, which is root's."""
    import shlex

    folder = os.path.dirname(path)
    user = user_name(os.geteuid())
    quoted = shlex.quote(folder)
    if not os.path.isdir(folder):
        return f"there is no folder {folder}", f"As root: install -d -m 750 -o {user} {quoted}"
    if not os.access(folder, os.W_OK | os.X_OK):
        return f"user {user} cannot write its folder{whose(folder)}", f"As root: chown -R {user} {quoted}"
    # One without any right to write is meant to be read only.
    if os.path.exists(path) and not os.access(path, os.W_OK) and os.stat(path).st_mode & _WRITE_BITS:
        return f"user {user} cannot write it{whose(path)}", f"As root: chown {user} {shlex.quote(path)}*"
    return None
