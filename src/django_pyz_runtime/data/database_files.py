"""Checks that this user can write SQLite's and other files in the data folder, and says what to do if not."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django_pyz_runtime.boot.trust import user_name, whose
from django_pyz_runtime.data.settings_walk import is_really
from django_pyz_runtime.errors import UserError

_WRITE_BITS = 0o222
BESIDE_DATABASE = ("", "-wal", "-shm", "-journal")
"""What the names of the files of an SQLite database end in."""


def unwritable(databases: Mapping[str, Mapping[str, Any]]) -> UserError | None:
    """The error for the first SQLite database that this user cannot write, if any.

    Args:
        databases: DATABASES, as Django has it.
    """
    for alias, path in _files(databases):
        if problem := _problem(path):
            return UserError(f"the database {alias!r}, {path}: {problem[0]}", hint=problem[1])
    return None


def unusable(error: BaseException | None, data_dir: Path) -> UserError | None:
    """The message for an error about a file whose folder in the data folder is missing or closed; None for others.

    Args:
        error: those behind it count as well, as logging says no more than that it cannot be configured.
        data_dir: the data folder.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, OSError) and isinstance(error.filename, str):
            path = os.path.normpath(error.filename)
            if Path(path).is_relative_to(data_dir) and (told := _unusable(path, data_dir)):
                return told
        error = error.__cause__ or error.__context__
    return None


def _unusable(path: str, data_dir: Path) -> UserError | None:
    import shlex

    if not data_dir.is_dir():
        user = user_name(os.geteuid())
        hint = f"As root: install -d -m 750 -o {user} {shlex.quote(str(data_dir))}"
        if os.geteuid() == 0 or not next(above for above in data_dir.parents if above.exists()).is_dir():
            # Root cannot either.
            hint = "Set [project] data_dir to a folder that this user can write."
        return UserError(f"the data folder {data_dir} does not exist, and user {user} cannot create it", hint=hint)
    problem = _problem(path)
    return UserError(f"{path}: {problem[0]}", hint=problem[1]) if problem else None


def left_to_root(databases: Mapping[str, Mapping[str, Any]], *others: Path) -> UserError | None:
    """The message about files that root has created in another user's folder, and which that user cannot write, if any.

    Args:
        databases: DATABASES, as Django has it.
        others: more files.
    """
    import shlex

    paths = [f"{path}{end}" for _, path in _files(databases) for end in BESIDE_DATABASE]
    found = [path for path in dict.fromkeys([*paths, *map(str, others)]) if _is_closed_to_owner_of_folder(path)]
    if not found:
        return None
    folder = os.path.dirname(found[0])
    user = user_name(os.stat(folder).st_uid)
    names = ", ".join(os.path.basename(path) for path in found if os.path.dirname(path) == folder)
    return UserError(
        f"{folder} belongs to user {user}, who cannot write these files that root created in it: {names}",
        hint=f"As root: chown -R {user} {shlex.quote(folder)}",
    )


def _is_closed_to_owner_of_folder(path: str) -> bool:
    try:
        file, folder = os.stat(path), os.stat(os.path.dirname(path))
    except OSError:
        return False
    is_open = file.st_mode & 0o002 or (file.st_mode & 0o020 and file.st_gid == folder.st_gid)
    return file.st_uid == 0 != folder.st_uid and not is_open


def _files(databases: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Alias and path of each SQLite database that is a file."""
    for alias, database in databases.items():
        name = database.get("NAME")
        is_sqlite = str(database.get("ENGINE", "")).endswith(("sqlite3", "spatialite"))
        if is_sqlite and is_really(name, str, os.PathLike) and os.path.isabs(path := os.fspath(name)):
            yield alias, path


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
