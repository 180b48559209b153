"""The state of the databases against this release: migrations that are missing, and such as only another release knows.

Imported after activation only. Nothing is imported of the project's migrations where a database has a record of each
file, and no other.
"""

from __future__ import annotations

import pkgutil
import shlex
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from django_pyz_runtime.activation.code_path import spec_of
from django_pyz_runtime.boot import places, releases
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError

if TYPE_CHECKING:
    from django.apps import AppConfig
    from django.db.backends.base.base import BaseDatabaseWrapper

Name = tuple[str, str]
"""App label and name of a migration."""
_SQUASHED = "_squashed_"
_FOLDERS = ("", "*", "*/*", "*/*/*")
"""How deep below a tree a package may lie: in site-packages, or in a folder of the project's in or beside that."""


class Ahead(NamedTuple):
    """Migrations of an app that a database has and this release has not.

    Attributes:
        app: its label.
        names: of the migrations, in the order in which they were applied.
        back_to: what `migrate APP` takes to undo them: the last one that both know, or "zero"; "" where there is none.
    """

    app: str
    names: tuple[str, ...]
    back_to: str


class State(NamedTuple):
    """The state of a database.

    Attributes:
        alias: of the database.
        missing: migrations that are not applied, in their order, as app.name.
        ahead: those that this release does not know.
    """

    alias: str
    missing: tuple[str, ...] = ()
    ahead: tuple[Ahead, ...] = ()


class _Records(NamedTuple):
    """What a database says of its migrations.

    Attributes:
        order: each migration, and the place of its record.
    """

    order: dict[Name, int]

    def newest(self, names: Iterable[Name]) -> Name | None:
        """The one that was recorded last; None where none was."""
        return max(self.order.keys() & set(names), key=self.order.__getitem__, default=None)


def states() -> list[State]:
    """The state of each database that the project migrates: the default one, and those that its routers say.

    Raises:
        django.db.Error: one does not answer.
    """
    from django.db import connections

    return [state_of(alias) for alias in connections if is_migrated(alias)]


def state_of(alias: str = "default") -> State:
    """The state of one database.

    Args:
        alias: of the database.

    Raises:
        django.db.Error: it does not answer.
    """
    from django.db import connections

    connection = connections[alias]
    try:
        if connection.vendor == "unknown":
            return State(alias)
        files, records = set(_files()), _records(connection)
        if records is None:
            return State(alias, tuple(_plan(connection)))
        missing = _plan(connection) if files - records.order.keys() else []
        return State(alias, tuple(missing), tuple(_ahead(connection, files, records)))
    finally:
        connection.close()


def is_migrated(alias: str) -> bool:
    """Whether a database is the project's to migrate.

    Without a router Django would migrate any; it may be a replica, or that of another program.
    """
    from django.apps import apps
    from django.db import DEFAULT_DB_ALIAS, connections, router

    if alias == DEFAULT_DB_ALIAS:
        return True
    # One that cannot be used, and that no router speaks of, is found out by the check of the database.
    if not router.routers or (connection := connections[alias]).settings_dict["TEST"].get("MIRROR"):
        return False
    says = [getattr(one, "allow_migrate", None) for one in router.routers]
    told = (_first(says, alias, config.label) for config in apps.get_app_configs())
    try:
        return any(told) and _records(connection) is not None
    finally:
        connection.close()


def _first(says: Iterable[object], alias: str, label: str) -> bool:
    """What the routers say of an app: the first one that has an opinion (django.db.utils.ConnectionRouter)."""
    answers = (one(alias, label) for one in says if callable(one))
    return bool(next((answer for answer in answers if answer is not None), False))


def _records(connection: BaseDatabaseWrapper) -> _Records | None:
    """The migrations that are recorded; None where that cannot be read, as where none ever was."""
    from django.db import DatabaseError, OperationalError

    name = connection.ops.quote_name
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {name('app')}, {name('name')} FROM {name('django_migrations')} ORDER BY {name('id')}"
            )
            return _Records({(app, one): place for place, (app, one) in enumerate(cursor.fetchall())})
    except OperationalError:
        # SQLite says so of a table that is not there.
        if connection.vendor == "sqlite":
            return None
        raise
    except DatabaseError:
        return None


def _files() -> Iterator[Name]:
    """Each migration of the release, as Django's MigrationLoader finds them (migrations_module, load_disk)."""
    from django.apps import apps

    for config in apps.get_app_configs():
        # There is none for an app that is a single file.
        spec = spec_of(module) if (module := _module(config)) else None
        # No file: a folder without __init__.py, which Django does not look into.
        if spec and spec.has_location:
            for _, name, is_package in pkgutil.iter_modules(spec.submodule_search_locations):
                if not is_package and name[0] not in "_~":
                    yield config.label, name


def _module(config: AppConfig) -> str | None:
    """The package of an app's migrations; None where they are switched off."""
    from django.conf import settings

    # It need be no dictionary.
    if config.label in settings.MIGRATION_MODULES:
        module: str | None = settings.MIGRATION_MODULES[config.label]
        return module
    return f"{config.name}.migrations"


def _plan(connection: BaseDatabaseWrapper) -> list[str]:
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


def _ahead(connection: BaseDatabaseWrapper, files: set[Name], records: _Records) -> list[Ahead]:
    """What only another release knows.

    An app that this release has not is none of its business, nor one that keeps nothing in a database (any more).
    """
    from django.apps import apps

    unknown: dict[str, list[Name]] = {}
    for config in apps.get_app_configs():
        own = {name for name in files if name[0] == config.label}
        if _module(config) and (own or any(config.get_models())):
            unknown[config.label] = _unknown(config.label, own, records)
    if not any(unknown.values()):
        return []
    replaced = _replaced(connection)
    found: list[Ahead] = []
    for label, some in unknown.items():
        if names := tuple(name for _, name in some if (label, name) not in replaced):
            own = {name for name in files if name[0] == label}
            found.append(Ahead(label, names, _last_known(connection, label, own, records)))
    return found


def _unknown(label: str, own: set[Name], records: _Records) -> list[Name]:
    """The records of an app that are no files of the release, and came after those that are.

    Squashing leaves records behind that no release has a file for, all of them older than that of the squashed one.
    The other way round, a newer release may have squashed what this one has.
    """
    newest = records.newest(own)
    since = -1 if newest is None else records.order[newest]
    found = [name for name in records.order if name[0] == label and name not in own and records.order[name] > since]
    return [name for name in found if (label, name[1].partition(_SQUASHED)[2]) not in own]


def _replaced(connection: BaseDatabaseWrapper) -> set[Name]:
    """What the squashed migrations of the release stand for."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection, load=False)
    loader.load_disk()
    migrations = loader.disk_migrations.values()
    return {(app, name) for migration in migrations for app, name in migration.replaces}


def _last_known(connection: BaseDatabaseWrapper, label: str, own: set[Name], records: _Records) -> str:
    """The migration to go back to: the last one of this release, where it is applied, else the last that is."""
    from django.db.migrations.exceptions import NodeNotFoundError
    from django.db.migrations.loader import MigrationLoader

    if not own:
        return "zero"
    try:
        leaves = MigrationLoader(connection).graph.leaf_nodes(label)
    except NodeNotFoundError:
        leaves = []
    applied = [leaf for leaf in leaves if leaf in records.order] if len(leaves) == 1 else []
    last = applied[0] if applied else records.newest(own)
    return last[1] if last else ""


def problem(bundle: Bundle, found: Iterable[State]) -> UserError | None:
    """What to say of the databases; None where they are as this release needs them.

    Args:
        bundle: this one.
        found: the states.
    """
    told = [error for state in found for error in (missing_error(bundle, state), ahead_error(bundle, state)) if error]
    lines = [line for error in told for line in (*error.problems, error.hint)]
    return UserError(*lines[:-1], hint=lines[-1]) if told else None


def missing_error(bundle: Bundle, state: State) -> UserError | None:
    """What to say of migrations that are missing; None where none is."""
    if not state.missing:
        return None
    script, database = bundle.executable.name, _option(state.alias)
    where = f" on the database {state.alias}" if database else ""
    also = "" if database else f", or `{script} runserve --migrate`"
    return UserError(
        f"{len(state.missing)} migrations are not applied{where}, the first is {state.missing[0]}",
        hint=f"Run `{script} migrate{database}` first{also}.",
    )


def ahead_error(bundle: Bundle, state: State) -> UserError | None:
    """What to say of a database that another release has migrated, with the commands that go back; None for others."""
    if not state.ahead:
        return None
    names = ", ".join(f"{app.app}.{name}" for app in state.ahead for name in app.names)
    which = f"The database {state.alias}" if _option(state.alias) else "The database"
    return UserError(f"{which} is ahead by: {names}", hint=_way_back(bundle, state))


def _way_back(bundle: Bundle, state: State) -> str:
    script = bundle.executable.name
    newer = newer_executable(bundle, state.ahead)
    by_whom = "it" if newer else "its file in the place of NEWER-FILE"
    back = undo_commands(shlex.quote(newer) if newer else "NEWER-FILE", state)
    forget = " && ".join(forget_commands(script, state))
    way = f"undo them with {by_whom}: `{' && '.join(back)}`" if back else "restore a backup of the time before"
    return (
        f"Run the newer release, or {way}. If no release has them any more, have their records forgotten: `{forget}`."
    )


def undo_commands(program: str, state: State) -> list[str]:
    """The commands that take a database back; none where that is not possible.

    Args:
        program: how a command of the release begins that has the migrations.
        state: of the database.
    """
    option = _option(state.alias)
    return [f"{program} migrate{option} {app.app} {app.back_to}" for app in state.ahead if app.back_to]


def forget_commands(program: str, state: State) -> list[str]:
    """The commands that make a database forget migrations which no release has any more.

    Args:
        program: how a command of this release begins.
        state: of the database.
    """
    return [f"{program} migrate{_option(state.alias)} {app.app} --prune" for app in state.ahead]


def _option(alias: str) -> str:
    """How a command is told of a database."""
    return "" if alias == "default" else f" --database {shlex.quote(alias)}"


def newer_executable(bundle: Bundle, ahead: Sequence[Ahead]) -> str:
    """The kept executable of a release on this host that has all those migrations; "" where there is none.

    Args:
        bundle: this one.
        ahead: the migrations.
    """
    name, script = bundle.manifest.name, bundle.manifest.script
    for folder in places.installed_folders(name, str(bundle.executable)):
        for tree in map(Path, releases.others(folder, name, bundle.build_id)):
            if (tree / script).is_file() and all(_has(tree, one) for one in ahead):
                return str(tree / script)
    return ""


def _has(tree: Path, ahead: Ahead) -> bool:
    from django.apps import apps

    module = _module(apps.get_app_config(ahead.app)) or ""
    paths = [f"{module.replace('.', '/')}/{name}.py" for name in ahead.names]
    return all(any(any(tree.glob(f"{folder}/{path}".lstrip("/"))) for folder in _FOLDERS) for path in paths)
