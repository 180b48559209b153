"""PostgreSQL: pg_dump's custom format, restored in one transaction."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from django_pyz_runtime.release.backup.databases import programs
from django_pyz_runtime.release.backup.databases.base import ServerDatabase

_PACKAGE = "postgresql-client"
_OF_USERS = "nspname !~ '^pg_' AND nspname <> 'information_schema'"
_OF_NO_EXTENSION = "NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = {}.oid AND d.deptype = 'e')"
_TABLES = f"""
SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND {_OF_USERS} AND {_OF_NO_EXTENSION.format("c")} LIMIT 1
"""
_KEPT_SCHEMAS = f"""
SELECT nspname FROM pg_namespace n WHERE {_OF_USERS}
AND (nspname = 'public' OR EXISTS (SELECT FROM pg_extension e WHERE e.extnamespace = n.oid)
     OR NOT ({_OF_NO_EXTENSION.format("n")}))
"""
"""The schema that every database has, and those with extensions, which may be a superuser's."""
_EMPTY = f"""
SET lock_timeout = '60s';
DO $do$
DECLARE
    kept CONSTANT name[] := ARRAY(SELECT nspname::name FROM ({_KEPT_SCHEMAS}) AS found);
    commands text[];
    command text;
BEGIN
    SELECT array_agg(text ORDER BY place) INTO commands FROM (
        SELECT 1 AS place, format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) AS text FROM pg_namespace
        WHERE {_OF_USERS} AND NOT nspname = ANY (kept)
    UNION ALL
        SELECT CASE c.relkind WHEN 'S' THEN 3 ELSE 2 END,
            format('DROP %s IF EXISTS %I.%I CASCADE', CASE c.relkind WHEN 'v' THEN 'VIEW'
            WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
            nspname, relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND nspname = ANY (kept) AND {_OF_NO_EXTENSION.format("c")}
    UNION ALL
        SELECT 4, format('DROP ROUTINE IF EXISTS %I.%I(%s) CASCADE', nspname, proname,
            pg_get_function_identity_arguments(p.oid)) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
        WHERE nspname = ANY (kept) AND {_OF_NO_EXTENSION.format("p")}
    UNION ALL
        SELECT 5, format('DROP TYPE IF EXISTS %I.%I CASCADE', nspname, typname)
        FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
        WHERE (typtype IN ('e', 'd', 'r') OR (typtype = 'c' AND c.relkind = 'c'))
            AND nspname = ANY (kept) AND {_OF_NO_EXTENSION.format("t")}
    UNION ALL
        SELECT 6, format('DROP COLLATION IF EXISTS %I.%I CASCADE', nspname, collname)
        FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
        WHERE nspname = ANY (kept) AND {_OF_NO_EXTENSION.format("c")}
    UNION ALL
        SELECT 7, format('DROP TEXT SEARCH CONFIGURATION IF EXISTS %I.%I CASCADE', nspname, cfgname)
        FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace
        WHERE nspname = ANY (kept) AND {_OF_NO_EXTENSION.format("c")}
    UNION ALL
        SELECT 8, format('DROP TEXT SEARCH DICTIONARY IF EXISTS %I.%I CASCADE', nspname, dictname)
        FROM pg_ts_dict c JOIN pg_namespace n ON n.oid = c.dictnamespace
        WHERE nspname = ANY (kept) AND {_OF_NO_EXTENSION.format("c")}
    ) AS all_of_them;
    FOREACH command IN ARRAY coalesce(commands, '{{}}') LOOP EXECUTE command; END LOOP;
    PERFORM lo_unlink(oid) FROM pg_largeobject_metadata;
END
$do$;
"""
"""Drops all but extensions, which only a superuser may be able to make again. The commands are collected first, as one
may drop what another one names; sequences that belong to a table go with it."""
_SETTING_OF_17 = "SET transaction_timeout = 0;\n"
_VERSION_17 = 170000
_HEADER_LINES = 40
_PSQL = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")


class PostgreSQL(ServerDatabase):
    """A database of PostgreSQL."""

    vendor = "postgresql"
    suffix = "pgdump"
    is_atomic = True

    def find_programs(self, *, to_restore: bool) -> None:
        """Look for pg_dump, and for pg_restore and psql to restore."""
        for name in ("pg_dump", "pg_restore", "psql") if to_restore else ("pg_dump",):
            programs.find(self.what, _PACKAGE, name)

    def has_tables(self) -> bool:
        """Whether there is a table that does not belong to an extension."""
        return bool(self.ask(_TABLES))

    def _asks_who_connects(self) -> bool:
        """Whether it uses a unix socket, where pg_hba.conf may say `peer`."""
        host = str(self.settings.get("HOST") or "")
        return not self.settings.get("PASSWORD") and (not host or host.startswith(("/", "@")))

    def dump(self, file: Path) -> None:
        """Dump the database uncompressed: the archive is compressed."""
        role = [f"--role={self._role}"] if self._role else []
        self._run("pg_dump", "--format=custom", "--compress=0", *role, stdout=file)

    def load(self, file: Path | None) -> None:
        """Empty the database and load a dump, in one transaction.

        Everything belongs to the user who connects: the roles of another server may not exist here.
        """
        role = f"SET ROLE {self.connection.ops.quote_name(self._role)};\n" if self._role else ""
        empty = f"--command={role}{_EMPTY}"
        script = self._script(file) if file else None
        self.connection.close()
        self._run("psql", *_PSQL, empty, *(["--file=-"] if script else []), stdin=script)

    def _script(self, file: Path) -> Path:
        """A dump as SQL, in a file: psql would take a broken pipe for the end of the dump."""
        script, wanted = file.with_name(f"{file.name}.sql"), file.with_name(f"{file.name}.list")
        pg_restore = programs.find(self.what, _PACKAGE, "pg_restore")
        listed = programs.run(self.what, [pg_restore, "--list", str(file)])
        kept = [str(row[0]) for row in self.ask(_KEPT_SCHEMAS)]
        wanted.write_text("".join(_without(kept, listed.splitlines(keepends=True))), encoding="utf-8")
        options = ["--no-owner", "--no-privileges", f"--use-list={wanted}", f"--file={script}"]
        programs.run(self.what, [pg_restore, *options, str(file)])
        if int(self.ask("SHOW server_version_num")[0][0]) < _VERSION_17:
            _drop_setting(script)
        return script

    @property
    def _role(self) -> str:
        return str(self.settings.get("OPTIONS", {}).get("assume_role") or "")

    def _run(self, program: str, *parameters: str, stdin: Path | None = None, stdout: Path | None = None) -> None:
        """Run a program with what Django gives to psql: the password is in the environment."""
        arguments, environ = self.connection.client.settings_to_cmd_args_env(
            self.settings, ["--no-password", *parameters]
        )
        options = self.settings.get("OPTIONS", {}).get("options")
        more = {"PGOPTIONS": str(options)} if options else {}
        path = programs.find(self.what, _PACKAGE, program)
        variables = {**(environ or {}), **more}
        programs.run(self.what, [path, *arguments[1:]], variables, stdin, stdout, self.connects_as)


def _without(schemas: Iterable[str], listed: Iterable[str]) -> Iterable[str]:
    """A list of pg_restore without existing schemas, and without what only the owner of an extension may restore."""
    there = [f" SCHEMA - {schema} " for schema in schemas]
    for line in listed:
        if " COMMENT - EXTENSION " not in line and not any(words in line for words in there):
            yield line if not re.match(r"\s*;", line) else ""


def _drop_setting(script: Path) -> None:
    """Remove a setting from a script: pg_restore 17 writes it for every server, and older servers do not know it."""
    with script.open("r+b") as file:
        for _ in range(_HEADER_LINES):
            start = file.tell()
            if file.readline() == _SETTING_OF_17.encode():
                file.seek(start)
                file.write(b"--")
                return
