"""MariaDB and MySQL: mariadb-dump or mysqldump, in one transaction if the tables allow it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django_pyz_runtime.data.ownership import give_to
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.databases import programs
from django_pyz_runtime.release.backup.databases.base import ServerDatabase

_LONGEST_WAIT_SECONDS = 60
_BOTH = ("--default-character-set=utf8mb4", "--max-allowed-packet=1G")
_KINDS = {"VIEW": "VIEW", "SEQUENCE": "SEQUENCE"}


class MySQL(ServerDatabase):
    """A database of MariaDB or MySQL."""

    vendor = "mysql"
    suffix = "sql"

    def find_programs(self, *, to_restore: bool) -> None:
        """Look for the dump program, and for the client to restore."""
        self._find("dump")
        if to_restore:
            self._find("")

    def _asks_who_connects(self) -> bool:
        """Whether it may: the plugin unix_socket of MariaDB, auth_socket of MySQL."""
        host = str(self.settings.get("HOST") or "")
        is_local = host in ("", "localhost") or host.startswith("/") or self.settings["OPTIONS"].get("unix_socket")
        return not self.settings.get("PASSWORD") and bool(is_local)

    def has_tables(self) -> bool:
        """Whether there is a table or view."""
        return bool(self._tables())

    def dump(self, file: Path) -> None:
        """Dump the database. Tables of engines without transactions are dumped in their state at that moment."""
        options = ["--single-transaction", "--quick", "--hex-blob", "--routines", "--triggers", "--no-tablespaces"]
        # Only MySQL's program knows this option, and would otherwise query MariaDB for it.
        options += ["--loose-set-gtid-purged=OFF", "--loose-column-statistics=0"]
        self._run("dump", *options, stdout=file)

    def load(self, file: Path | None) -> None:
        """Empty the database and load a dump; each statement commits by itself, so nothing rolls back."""
        self.ask(f"SET SESSION lock_wait_timeout = {_LONGEST_WAIT_SECONDS}")
        self.ask("SET SESSION foreign_key_checks = 0")
        for name, kind in self._tables():
            self.ask(f"DROP {_KINDS.get(kind, 'TABLE')} IF EXISTS {self.connection.ops.quote_name(name)}")
        self.connection.close()
        if file:
            # --binary-mode: the client runs no line of a dump as its own command.
            self._run("", "--binary-mode", stdin=file)

    def _tables(self) -> list[tuple[Any, ...]]:
        """Name and kind of each table and view."""
        sql = "SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = DATABASE()"
        return self.ask(sql)

    def _find(self, kind: str) -> str:
        names = ("mariadb-dump", "mysqldump") if kind else ("mariadb", "mysql")
        is_mariadb = getattr(self.connection, "mysql_is_mariadb", False)
        ordered = names if is_mariadb else tuple(reversed(names))
        return programs.find(self.what, "mariadb-client", *ordered)

    def _run(self, kind: str, *options: str, stdin: Path | None = None, stdout: Path | None = None) -> None:
        arguments, environ = self.connection.client.settings_to_cmd_args_env(self.settings, [])
        program = self._find(kind)
        with NamedTemporaryFile("w", prefix="client.", suffix=".cnf", encoding="utf-8") as file:
            file.write("".join(_client_lines(arguments[1:], environ or {}, self.settings)))
            file.flush()
            if self.connects_as:
                give_to(self.connects_as, file.fileno())
            # Only this file: a password in the user's own file would override the site's.
            command = [program, f"--defaults-file={file.name}", *_BOTH, *options, self._database(arguments)]
            programs.run(self.what, command, stdin=stdin, stdout=stdout, user=self.connects_as)

    def _database(self, arguments: Sequence[str]) -> str:
        if not arguments[1:] or arguments[-1].startswith("-"):
            raise UserError(f"{self.what}: has no NAME")
        return arguments[-1]


def _client_lines(arguments: Sequence[str], environ: Mapping[str, str], settings: dict[str, Any]) -> Iterator[str]:
    """The lines of an option file with what Django gives to the client on its command line.

    Args:
        arguments: for the client, the name of the database among them.
        environ: for the client, with the password.
        settings: of the database.
    """
    given = dict(word[2:].split("=", 1) for word in arguments if word.startswith("--") and "=" in word)
    if included := given.pop("defaults-file", ""):
        yield f"!include {os.path.expanduser(included)}\n"
    given.pop("default-character-set", None)
    if password := environ.get("MYSQL_PWD") or given.pop("password", ""):
        given["password"] = password
    if socket := settings.get("OPTIONS", {}).get("unix_socket"):
        given["socket"] = str(socket)
    yield "[client]\n"
    for name, value in given.items():
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        yield f'{name} = "{escaped}"\n'
