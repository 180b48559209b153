"""The state of the databases against this release: missing migrations, and those that only another release knows.

Imported after activation only. The project's migrations are not imported if a database has a record of each file and no
other.
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
"""How deep below a tree a package may be: in site-packages, or in a folder of the project in or beside it."""


class Ahead(NamedTuple):
    """Migrations of an app that a database has and this release does not.

    Attributes:
        app: its label.
        names: of the migrations, in the order in which they were applied.
        back_to: the argument of `migrate APP` that undoes them: the last one that both know, or "zero"; "" for none.
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
    """The migration records of a database.

    Attributes:
        order: each migration, and the position of its record.
    """

    order: dict[Name, int]

    def newest(self, names: Iterable[Name]) -> Name | None:
        """The migration that was recorded last; None if none was."""
        return max(self.order.keys() & set(names), key=self.order.__getitem__, default=None)


def states() -> list[State]:
    """The state of each database that the project migrates: the default one, and those that its routers name.

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
    """Whether the project migrates a database.

    Without a router Django would migrate any; it may be a replica or belong to another program.
    """
    from django.apps import apps
    from django.db import DEFAULT_DB_ALIAS, connections, router

    if alias == DEFAULT_DB_ALIAS:
        return True
    # The check of the database finds one that cannot be used and that no router names.
    if not router.routers or (connection := connections[alias]).settings_dict["TEST"].get("MIRROR"):
        return False
    says = [getattr(one, "allow_migrate", None) for one in router.routers]
    told = (_first(says, alias, config.label) for config in apps.get_app_configs())
    try:
        return any(told) and _records(connection) is not None
    finally:
        connection.close()


def _first(says: Iterable[object], alias: str, label: str) -> bool:
    """The answer of the routers for an app: that of the first with an opinion (django.db.utils.ConnectionRouter)."""
    answers = (one(alias, label) for one in says if callable(one))
    return bool(next((answer for answer in answers if answer is not None), False))


def _records(connection: BaseDatabaseWrapper) -> _Records | None:
    """The recorded migrations; None if they cannot be read, for example because none was ever applied."""
    from django.db import DatabaseError, OperationalError

    name = connection.ops.quote_name
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT {name('app')}, {name('name')} FROM {name('django_migrations')} ORDER BY {name('id')}"
            )
            return _Records({(app, one): place for place, (app, one) in enumerate(cursor.fetchall())})
    except OperationalError:
        # SQLite's message for a missing table.
        if connection.vendor == "sqlite":
            return None
        raise
    except DatabaseError:
        return None


def _files() -> Iterator[Name]:
    """Each migration of the release, as Django's MigrationLoader finds them (migrations_module, load_disk)."""
    from django.apps import apps

    for config in apps.get_app_configs():
        # An app that is a single file has none.
        spec = spec_of(module) if (module := _module(config)) else None
        # No file: a folder without __init__.py, which Django ignores.
        if spec and spec.has_location:
            for _, name, is_package in pkgutil.iter_modules(spec.submodule_search_locations):
                if not is_package and name[0] not in "_~":
                    yield config.label, name


def _module(config: AppConfig) -> str | None:
    """The package of an app's migrations; None if they are switched off."""
    from django.conf import settings

    # It need not be a dictionary.
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
    """The migrations that only another release knows.

    Apps that this release does not have are ignored, and so are apps that keep nothing in a database (any more).
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
    """The records of an app without a file in the release that are newer than those with one.

    Squashing leaves records behind that no release has a file for, all older than that of the squashed migration.
    Conversely, a newer release may have squashed migrations of this one.
    """
    newest = records.newest(own)
    since = -1 if newest is None else records.order[newest]
    found = [name for name in records.order if name[0] == label and name not in own and records.order[name] > since]
    return [name for name in found if (label, name[1].partition(_SQUASHED)[2]) not in own]


def _replaced(connection: BaseDatabaseWrapper) -> set[Name]:
    """The migrations that squashed migrations of the release replace."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection, load=False)
    loader.load_disk()
    migrations = loader.disk_migrations.values()
    return {(app, name) for migration in migrations for app, name in migration.replaces}


def _last_known(connection: BaseDatabaseWrapper, label: str, own: set[Name], records: _Records) -> str:
    """The migration to go back to: the last one of this release if it is applied, else the last applied one."""
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
    """The error about the databases; None if they fit this release.

    Args:
        bundle: this one.
        found: the states.
    """
    told = [error for state in found for error in (missing_error(bundle, state), ahead_error(bundle, state)) if error]
    lines = [line for error in told for line in (*error.problems, error.hint)]
    return UserError(*lines[:-1], hint=lines[-1]) if told else None


def missing_error(bundle: Bundle, state: State) -> UserError | None:
    """The error about missing migrations; None if none is missing."""
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
    """The error about a database that another release has migrated, with the commands that go back; None for others."""
    if not state.ahead:
        return None
    names = ", ".join(f"{app.app}.{name}" for app in state.ahead for name in app.names)
    which = f"The database {state.alias}" if _option(state.alias) else "The database"
    return UserError(f"{which} is ahead by: {names}", hint=_way_back(bundle, state))


def _way_back(bundle: Bundle, state: State) -> str:
    script = bundle.executable.name
    newer = newer_executable(bundle, state.ahead)
    by_whom = "it" if newer else "its file as NEWER-FILE"
    back = undo_commands(shlex.quote(newer) if newer else "NEWER-FILE", state)
    forget = " && ".join(forget_commands(script, state))
    way = f"undo them with {by_whom}: `{' && '.join(back)}`" if back else "restore a backup from before the upgrade"
    return f"Run the newer release, or {way}. If no release has them any more, delete their records: `{forget}`."


def undo_commands(program: str, state: State) -> list[str]:
    """The commands that undo the migrations; none if that is not possible.

    Args:
        program: the executable of the release that has the migrations.
        state: of the database.
    """
    option = _option(state.alias)
    return [f"{program} migrate{option} {app.app} {app.back_to}" for app in state.ahead if app.back_to]


def forget_commands(program: str, state: State) -> list[str]:
    """The commands that delete the records of migrations which no release has any more.

    Args:
        program: the executable of this release.
        state: of the database.
    """
    return [f"{program} migrate{_option(state.alias)} {app.app} --prune" for app in state.ahead]


def _option(alias: str) -> str:
    """The option that selects a database."""
    return "" if alias == "default" else f" --database {shlex.quote(alias)}"


def newer_executable(bundle: Bundle, ahead: Sequence[Ahead]) -> str:
    """The kept executable of a release on this host that has all those migrations; "" if there is none.

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
