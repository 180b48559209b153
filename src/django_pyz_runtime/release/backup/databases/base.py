"""The base classes of all kinds of databases."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote

from django_pyz_runtime.data.ownership import Owner
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.changes import Changes
from django_pyz_runtime.release.backup.owner import connecting_as

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper


class Database(ABC):
    """A database of the site.

    Args:
        connection: Django's.
        site_owner: the owner of the site's data.

    Attributes:
        connects_as: the user who connects, if it is not this one.
        vendor: Django's name for it.
        suffix: of its dumps.
        is_atomic: whether a dump is restored completely or not at all.
    """

    vendor: ClassVar[str]
    suffix: ClassVar[str]
    is_atomic: ClassVar[bool] = False

    def __init__(self, connection: BaseDatabaseWrapper, site_owner: Owner) -> None:
        self.connection = connection
        self.alias = connection.alias
        self.settings: dict[str, Any] = connection.settings_dict
        self.name = str(self.settings["NAME"])
        self.what = f"the database {self.alias!r} ({self.vendor}, {self.name})"
        self.connects_as = site_owner if os.geteuid() == 0 != site_owner[0] and self._asks_who_connects() else None

    def _asks_who_connects(self) -> bool:
        """Whether the server may check which user of this machine connects."""
        return False

    @property
    def member(self) -> str:
        """The name of its dump in a backup."""
        return f"databases/{quote(self.alias, safe='')}.{self.suffix}"

    @property
    def identity(self) -> Sequence[object]:
        """Equal for two aliases of one database."""
        return (self.vendor, self.settings.get("HOST"), str(self.settings.get("PORT")), self.name)

    @abstractmethod
    def find_programs(self, *, to_restore: bool) -> None:
        """Look for the needed programs.

        Raises:
            UserError: one is missing.
        """

    @abstractmethod
    def dump(self, file: Path) -> None:
        """Write a consistent dump to a file.

        Raises:
            UserError: that fails.
        """

    @abstractmethod
    def has_tables(self) -> bool:
        """Whether the database has tables.

        Raises:
            UserError: it does not answer.
        """

    @abstractmethod
    def replace(self, file: Path, changes: Changes, *, may_go_back: bool) -> None:
        """Replace the content by a dump.

        Args:
            file: the dump; its folder may be written to.
            changes: registers the change.
            may_go_back: whether this may have to be undone later.

        Raises:
            UserError: that fails.
        """

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            UserError: the database does not answer.
        """
        from django.db import DatabaseError

        try:
            self._connect()
            with self.connection.cursor() as cursor:
                cursor.execute(sql)
                return list(cursor.fetchall()) if cursor.description else []
        except DatabaseError as error:
            raise UserError(f"{self.what} does not answer: {str(error).strip()}") from error

    def _connect(self) -> None:
        if self.connection.connection is None:
            with connecting_as(self.connects_as):
                self.connection.ensure_connection()

    def check(self) -> None:
        """Check that the database answers.

        Raises:
            UserError: it does not.
        """
        self.ask("SELECT 1")

    def migrations(self) -> list[str]:
        """The applied migrations in their order, as app.name; none if Django's table for them is missing."""
        self._connect()
        if "django_migrations" not in self.connection.introspection.table_names():
            return []
        name = self.connection.ops.quote_name
        table, columns = name("django_migrations"), f"{name('app')}, {name('name')}"
        return [f"{app}.{one}" for app, one in self.ask(f"SELECT {columns} FROM {table} ORDER BY {name('id')}")]


class ServerDatabase(Database):
    """A database in a server: its old content is kept as a dump."""

    @abstractmethod
    def load(self, file: Path | None) -> None:
        """Empty the database and load a dump, if one is given.

        Raises:
            UserError: that fails.
        """

    def replace(self, file: Path, changes: Changes, *, may_go_back: bool) -> None:
        """Replace the content by a dump; the old content is dumped first if needed."""
        kept: Path | None = None
        if (may_go_back or not self.is_atomic) and self.has_tables():
            kept = file.with_name(f"{file.name}.before")
            self.dump(kept)

        def undo() -> None:
            try:
                self.load(kept)
            except UserError as error:
                if not kept:
                    raise
                folder = kept.parent.resolve()
                safe = folder.with_name(f"{folder.name.lstrip('.')}.{kept.name}")
                kept.rename(safe)
                raise UserError(*error.problems, f"  its old content is kept in {safe}") from error

        if self.is_atomic:
            self.load(file)
            changes.add(self.what, undo)
        else:
            changes.add(self.what, undo)
            self.load(file)
