"""`pyz restore`: replace the data of a site by a backup, all of it or nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from django_pyz_runtime.activation.activate import Activation
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError, say, system_reason
from django_pyz_runtime.release.backup import backup, places
from django_pyz_runtime.release.backup.archive import Archive
from django_pyz_runtime.release.backup.changes import Changes
from django_pyz_runtime.release.backup.databases.base import Database
from django_pyz_runtime.release.backup.databases.configured import LEAVE_OUT
from django_pyz_runtime.release.backup.owner import check_owner
from django_pyz_runtime.release.backup.swap import Swap

_REPLACE = "`--replace` replaces the present data with the backup."


def restore(
    bundle: Bundle, activation: Activation, path: Path, *, replace: bool = False, without: Collection[str] = ()
) -> dict[str, Any]:
    """Restore a backup; the settings are imported, Django need not be set up.

    Places that the backup does not hold are not changed.

    Args:
        bundle: of the site.
        activation: of the site.
        path: of the backup.
        replace: whether existing data may be replaced.
        without: aliases of databases to leave alone.

    Returns:
        The manifest of the backup.

    Raises:
        UserError: it cannot be restored; the text names what could not be undone.
    """
    archive = Archive(path)
    _check_name(bundle, archive)
    contents = backup.find_contents(bundle, activation, without)
    found = list(_databases(bundle, archive, contents, without))
    wanted = list(_places(archive, activation))
    if not replace:
        _check_empty(bundle, found)
    with contextlib.ExitStack() as swaps, backup.scratch(backup.backups_folder(activation), bundle.manifest.name) as at:
        made = {name: _swap(swaps, place, is_folder, contents.excluded) for name, place, is_folder in wanted}
        if not replace:
            _check_no_files(made)
        dumps = {database.member: at / f"dump-{number}" for number, database in enumerate(found)}
        try:
            archive.extract(lambda name: dumps.get(name) or _new_path(made, name))
        except OSError as error:
            raise UserError(f"{path}: cannot be unpacked: {system_reason(error)}") from None
        _put_in_place(made, found, dumps)
        for swap in made.values():
            swap.forget()
    return archive.facts


def _put_in_place(made: dict[str, Swap], found: list[Database], dumps: dict[str, Path]) -> None:
    """Files first, as they are the easiest to undo; last what rolls back by itself."""
    ordered = sorted(found, key=lambda database: database.is_atomic)
    with Changes() as changes:
        for swap in made.values():
            swap.put_in_place(changes)
        for database in ordered:
            database.replace(dumps[database.member], changes, may_go_back=database is not ordered[-1])


def _check_name(bundle: Bundle, archive: Archive) -> None:
    found, wanted = archive.facts.get("name"), bundle.manifest.name
    if found != wanted:
        raise UserError(f"{archive.path}: is a backup of the project {found}, wanted one of {wanted}")


def _databases(
    bundle: Bundle, archive: Archive, contents: backup.Contents, without: Collection[str]
) -> Iterator[Database]:
    """The databases of the backup, with the connections of this site."""
    known = {database.alias: database for database in contents.databases}
    names = set(archive.names())
    for alias, facts in archive.facts["databases"].items():
        if alias in without:
            continue
        database = known.get(alias)
        if not database:
            raise UserError(
                f"{archive.path}: holds a database {alias!r}, which is not in DATABASES",
                hint=f"Leave it out: {LEAVE_OUT} {alias}",
            )
        if facts["vendor"] != database.vendor or database.member not in names:
            raise UserError(
                f"{archive.path}: the database {alias!r} is {facts['vendor']}, but here it is {database.vendor}",
                hint=f"Leave it out: {LEAVE_OUT} {alias}",
            )
        try:
            if database.vendor != "sqlite":
                database.check()
            database.find_programs(to_restore=True)
        except UserError as error:
            raise backup.with_hint(error, bundle, database) from error
        yield database


def _places(archive: Archive, activation: Activation) -> Iterator[tuple[str, places.Place, bool]]:
    """Name, place on this machine, and whether it is a folder, for each place in the backup."""
    for facts in archive.facts["places"]:
        name, is_folder = facts["name"], bool(facts["folder"])
        if name == places.KEY and not activation.generated_key:
            say("SECRET_KEY is set here: the generated key of the backup is skipped")
            continue
        path = places.find_place(name, activation)
        if path is None:
            raise UserError(
                f"{archive.path}: holds files of {name}, but this site has no such folder",
                hint="Set MEDIA_ROOT, or STORAGES, as they were when the backup was made.",
            )
        check_owner(path if is_folder else path.parent, activation.data_dir)
        if path.exists() and path.is_dir() != is_folder:
            raise UserError(f"{path}: is {'a file, wanted a folder' if is_folder else 'a folder, wanted a file'}")
        yield name, places.Place(name, path), is_folder


def _check_empty(bundle: Bundle, found: list[Database]) -> None:
    for database in found:
        if database.has_tables():
            raise UserError(f"{database.what} holds data and was not changed", hint=_REPLACE)


def _check_no_files(made: dict[str, Swap]) -> None:
    """A generated key may exist: the first request to an empty site creates one."""
    for name, swap in made.items():
        if name != places.KEY and swap.has_content():
            raise UserError(f"{swap.folder}: holds files and was not changed", hint=_REPLACE)


def _swap(stack: contextlib.ExitStack, place: places.Place, is_folder: bool, excluded: set[Path]) -> Swap:
    made = Swap(place, is_folder=is_folder, excluded=excluded - {place.path})
    stack.callback(made.close)
    return made


def _new_path(made: dict[str, Swap], name: str) -> Path | None:
    """The path to unpack a file to; None if its place is not restored."""
    for place, swap in made.items():
        if name == place:
            return swap.new
        if name.startswith(f"{place}/"):
            return swap.new / name.removeprefix(f"{place}/")
    return None
