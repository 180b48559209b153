"""`pyz backup`: all that a site cannot recreate, in one file: databases, uploads, the generated secret key."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.activation.activate import Activation
from django_pyz_runtime.activation.zero_config import KEY_FILE
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.data.ownership import give_to, owner_for
from django_pyz_runtime.errors import UserError, say, system_reason
from django_pyz_runtime.release.backup import places
from django_pyz_runtime.release.backup.archive import Writer, leads_inside
from django_pyz_runtime.release.backup.databases.base import Database
from django_pyz_runtime.release.backup.databases.configured import LEAVE_OUT, databases
from django_pyz_runtime.release.backup.databases.sqlite import SQLite
from django_pyz_runtime.release.backup.owner import check_owner, make_private
from django_pyz_runtime.release.install.text_files import sync_folder

FOLDER = "backups"
"""In the data folder."""
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = r"{name}-\d{{8}}T\d{{6}}Z(-\d+)?\.tar\.gz"


class Contents(NamedTuple):
    """The databases and files to back up.

    Attributes:
        databases: each once.
        places: of files.
        excluded: paths in these places that are not backed up.
    """

    databases: list[Database]
    places: list[places.Place]
    excluded: set[Path]


def make(
    bundle: Bundle, activation: Activation, path: Path | None = None, *, without: Collection[str] = (), keep: int = 0
) -> Path:
    """Write a backup; the settings are imported, Django need not be set up.

    Args:
        bundle: of the site.
        activation: of it.
        path: the file to write, or a folder for a file named by the time; None for the folder in the data folder.
        without: aliases of databases to leave out.
        keep: how many files named by the time to keep in that folder, newest first; 0 for all.

    Returns:
        The path of the file, which only its owner can read.

    Raises:
        UserError: something cannot be backed up; no file is left behind.
    """
    folder, target = _target(bundle, activation, path)
    contents = find_contents(bundle, activation, without)
    for database in contents.databases:
        _check(bundle, database)
    for place in contents.places:
        check_owner(place.path, activation.data_dir)
    owner = owner_for(folder)
    with scratch(folder, bundle.manifest.name) as inside:
        try:
            contents.excluded.add(inside.resolve())
            temporary = inside / "archive"
            _write(bundle, contents, temporary, inside)
            give_to(owner, temporary)
            target = target or _free(folder, bundle.manifest.name)
            os.rename(temporary, target)
            sync_folder(folder)
        except OSError as error:
            raise _unwritten(error, folder) from None
    if keep:
        _prune(folder, bundle.manifest.name, keep)
    return target


def find_contents(bundle: Bundle, activation: Activation, without: Collection[str] = ()) -> Contents:
    """Find the databases and files to back up.

    Raises:
        UserError: a database is of an unknown kind.
    """
    found = databases(owner_for(activation.data_dir), without)
    excluded = {activation.data_dir.resolve() / FOLDER, activation.data_dir.resolve() / KEY_FILE}
    for database in found:
        if isinstance(database, SQLite):
            excluded |= {path.parent.resolve() / path.name for path in database.files}
    return Contents(found, places.places(bundle, activation), excluded)


def backups_folder(activation: Activation) -> Path:
    """The folder for backups in the data folder, created if missing.

    Raises:
        UserError: it cannot be made.
    """
    folder = activation.data_dir / FOLDER
    try:
        make_private(folder)
    except OSError as error:
        raise _unwritten(error, folder) from None
    return folder


@contextlib.contextmanager
def scratch(folder: Path, name: str) -> Iterator[Path]:
    """A temporary folder for the block; removes those that killed processes have left, too.

    Args:
        folder: where.
        name: of the project.

    Raises:
        UserError: it cannot be made.
    """
    prefix = f".{name}-backup-"
    for left in folder.glob(f"{prefix}*"):
        _remove_left_over(left)
    try:
        made = Path(tempfile.mkdtemp(prefix=prefix, dir=folder))
        descriptor = os.open(made, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise _unwritten(error, folder) from None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # Root uses its descriptor: the owner of the folder around it could replace it by a link.
        yield made if os.geteuid() else Path(f"/proc/{os.getpid()}/fd/{descriptor}")
    finally:
        shutil.rmtree(made, ignore_errors=True)
        os.close(descriptor)


def _remove_left_over(folder: Path) -> None:
    """Remove a folder that no process uses."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass
    finally:
        os.close(descriptor)


def _target(bundle: Bundle, activation: Activation, path: Path | None) -> tuple[Path, Path | None]:
    """The folder to write to, and the file if its name is given."""
    if path is None:
        return backups_folder(activation), None
    if path.is_dir():
        return path, None
    if os.path.lexists(path):
        raise UserError(f"{path}: already exists and was not changed", hint="Give another file, or a folder.")
    if not path.parent.is_dir():
        raise UserError(f"{path}: there is no folder {path.parent}", hint="Make it, or give another file.")
    return path.parent, path


def _free(folder: Path, name: str) -> Path:
    """An unused path in a folder, named by project and time."""
    stem = f"{name}-{datetime.now(UTC).strftime(_TIME)}"
    number = 1
    while (path := folder / f"{stem}{f'-{number}' if number > 1 else ''}.tar.gz").exists():
        number += 1
    return path


def _check(bundle: Bundle, database: Database) -> None:
    """Check that a database answers and its programs exist, before anything is written."""
    try:
        database.check()
        database.find_programs(to_restore=False)
    except UserError as error:
        raise with_hint(error, bundle, database) from error


def with_hint(error: UserError, bundle: Bundle, database: Database) -> UserError:
    """An error about a database with a hint: check the settings, or leave it out."""
    script = bundle.executable.name
    look = error.hint or f"Check it and DATABASES: `{script} pyz config explain DATABASES`."
    return UserError(*error.problems, hint=f"{look} Or leave it out: {LEAVE_OUT} {database.alias}")


def _write(bundle: Bundle, contents: Contents, path: Path, inside: Path) -> None:
    facts: dict[str, Any] = {}
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        archive = Writer(file)
        for database in contents.databases:
            facts[database.alias] = _add_database(archive, bundle, database, inside / "dump")
        for place in contents.places:
            _add_place(archive, place, contents.excluded)
        archive.close(_facts(bundle, contents, facts))
        file.flush()
        os.fsync(file.fileno())


def _facts(bundle: Bundle, contents: Contents, found: dict[str, Any]) -> dict[str, Any]:
    manifest = bundle.manifest
    now = int(time.time())
    return {
        "name": manifest.name,
        "build": bundle.build_id,
        "version": manifest.version,
        "commit": manifest.commit,
        "created_at": now,
        "created": datetime.fromtimestamp(now, UTC).isoformat(),
        "databases": found,
        "places": [{"name": place.name, "folder": place.path.is_dir()} for place in contents.places],
    }


def _add_database(archive: Writer, bundle: Bundle, database: Database, dump: Path) -> dict[str, Any]:
    """Dump a database into an archive and return its part of the manifest."""
    try:
        migrations = database.migrations()
        database.dump(dump)
    except UserError as error:
        raise with_hint(error, bundle, database) from error
    database.connection.close()
    with dump.open("rb") as file:
        archive.add_file(database.member, file)
    dump.unlink()
    return {"vendor": database.vendor, "member": database.member, "migrations": migrations}


def _add_place(archive: Writer, place: places.Place, excluded: set[Path]) -> None:
    # The key is skipped in other places only.
    for found in places.walk(place, excluded - {place.path}):
        if found.file:
            archive.add_file(found.name, found.file)
        elif not found.target:
            archive.add_folder(found.name, found.status)
        elif leads_inside(found.name, found.target):
            archive.add_link(found.name, found.target, found.status)
        else:
            say(f"{found.path}: skipped: the link points outside the data; back up its target yourself")


def _prune(folder: Path, name: str, keep: int) -> None:
    """Remove all but the newest backups named by the time."""
    for path in newest(folder, name)[keep:]:
        try:
            path.unlink()
        except OSError as error:
            say(f"{path}: cannot be removed: {system_reason(error)}")


def newest(folder: Path, name: str) -> list[Path]:
    """The backups in a folder that are named by the time, newest first.

    Args:
        folder: the folder.
        name: of the project.

    Raises:
        OSError: it cannot be read.
    """
    wanted = re.compile(_NAME.format(name=re.escape(name)))
    return _newest_first(path for path in folder.iterdir() if wanted.fullmatch(path.name) and not path.is_symlink())


def _newest_first(found: Iterable[Path]) -> list[Path]:
    def key(path: Path) -> tuple[str, int]:
        stem = path.name.removesuffix(".tar.gz")
        start, _, number = stem.rpartition("Z")
        return start, int(number.removeprefix("-") or 1)

    return sorted(found, key=key, reverse=True)


def _unwritten(error: OSError, folder: Path) -> UserError:
    where = error.filename if isinstance(error.filename, str) and "/fd/" not in error.filename else folder
    return UserError(
        f"{where}: {system_reason(error)}",
        hint="Nothing was written. Give a file or folder that this user can write, on a disk with room for it.",
    )
