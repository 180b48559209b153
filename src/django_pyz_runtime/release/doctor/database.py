"""Checks of the databases: they answer, can be written, have this release's migrations and valid certificates."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django_pyz_runtime.release.doctor.facts import ROOT, Facts
from django_pyz_runtime.release.doctor.findings import BY_HAND, Check, DoesNotApply, Finding, Severity, Unknown
from django_pyz_runtime.release.doctor.machine import remount_writable
from django_pyz_runtime.release.migrations import Ahead, State, forget_commands, undo_commands

_DAY_SECONDS = 86400
_SOON_DAYS = 21
_DEFAULT_PORTS = {"postgresql": "5432", "mysql": "3306"}

Seen = Mapping[str, Any]


def reachable(facts: Facts) -> Iterator[Finding]:
    """Every database answers."""
    for alias, seen in _databases(facts):
        if seen["error"]:
            is_away = seen.get("is_away") or seen.get("is_silent")
            what = f"start {_server(facts, alias)}" if is_away else f"correct it {_where_it_is_set(facts, alias)}"
            cure = BY_HAND + what
            yield Finding(Severity.ERROR, "does not answer", _what(facts, alias), seen["error"], "an answer", cure)


def _server(facts: Facts, alias: str) -> str:
    database = facts.settings["databases"][alias]
    vendor = "postgresql" if "postg" in database["engine"] else "mysql" if "mysql" in database["engine"] else ""
    port = database["port"] or _DEFAULT_PORTS.get(vendor, "")
    where = database["host"] or "its local socket"
    return f"the database server at {where}{f':{port}' if port and not where.startswith('/') else ''}"


def _where_it_is_set(facts: Facts, alias: str) -> str:
    key = shlex.quote(f"DATABASES.{alias}")
    return f"where this says that it is set: {facts.ours(f'pyz config explain {key}')}"


def writable(facts: Facts) -> Iterator[Finding]:
    """Every database that is not a copy of another one can be written."""
    for alias, seen in _answering(facts):
        if problem := seen.get("unwritable"):
            yield Finding(
                Severity.ERROR, "can be read, but not written", _what(facts, alias), problem, "", _writing(facts, alias)
            )


def _writing(facts: Facts, alias: str) -> str:
    """The fix that makes a database writable."""
    database, seen = facts.settings["databases"][alias], facts.look(f"database {alias}")
    name, user, by = database["name"], database["user"], seen.get("read_only_by")
    if seen["vendor"] == "sqlite":
        if remount := remount_writable(facts, Path(name).parent):
            return remount
        folder = shlex.quote(str(Path(name).parent))
        return facts.by(ROOT, f"chown {facts.user} {shlex.quote(name)}* {folder} && chmod u+rw {shlex.quote(name)}*")
    if by == "replica":
        return f"{BY_HAND}name the primary server {_where_it_is_set(facts, alias)}"
    asks = f"{BY_HAND}as a superuser of the database: "
    if seen["vendor"] == "mysql":
        return f"{asks}SET GLOBAL read_only = OFF" if by else f"{asks}GRANT ALL ON `{name}`.* TO `{user}`"
    reset = "RESET default_transaction_read_only"
    # The session itself may be read-only.
    if by == "database":
        return f'{asks}BEGIN READ WRITE; ALTER DATABASE "{name}" {reset}; COMMIT'
    if by == "user":
        return f'{asks}BEGIN READ WRITE; ALTER ROLE "{user}" {reset}; COMMIT'
    if by:
        return f"{asks}ALTER SYSTEM {reset}; SELECT pg_reload_conf()"
    return f'{asks}GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO "{user}"'


def missing(facts: Facts) -> Iterator[Finding]:
    """No migration is missing."""
    for alias, seen in _migrated(facts):
        cure = facts.ours(f"migrate{_option(alias)}")
        if seen["is_absent"]:
            yield Finding(Severity.ERROR, "is not there yet", _what(facts, alias), cure=cure)
        elif names := seen.get("missing"):
            what = f"{len(names)} migrations are not applied"
            yield Finding(Severity.ERROR, what, _what(facts, alias), f"{names[0]} missing", "", cure)


def ahead(facts: Facts) -> Iterator[Finding]:
    """The database has no migration that this release does not know."""
    for alias, seen in _migrated(facts):
        if not (unknown := [Ahead(app, tuple(names), back_to) for app, names, back_to in seen.get("ahead") or ()]):
            continue
        state = State(alias, (), tuple(unknown))
        names = ", ".join(f"{one.app}.{name}" for one in unknown for name in one.names)
        what = "another release has migrated it"
        yield Finding(Severity.ERROR, what, _what(facts, alias), names, "no such migrations", _back(facts, state))


def _back(facts: Facts, state: State) -> str:
    """The fix for a database that is ahead: undo the migrations, or delete records that no release has any more."""
    newer = str(facts.look(f"database {state.alias}")["newer"])
    commands = undo_commands(shlex.quote(newer), state) if newer else []
    if not commands:
        commands = forget_commands(facts.program, state)
    return " && ".join(facts.by(facts.user, command) for command in commands)


def certificates(facts: Facts) -> Iterator[Finding]:
    """The certificates for databases are readable and valid for some time."""
    named = [
        (alias, file) for alias, database in facts.settings["databases"].items() for file in database["certificates"]
    ]
    if not named:
        raise DoesNotApply("no database uses certificates")
    for alias, file in named:
        yield from _certificate(facts, f"{file['path']} ({file['option']} of the database {alias!r})", file)


def _certificate(facts: Facts, where: str, file: Seen) -> Iterator[Finding]:
    path = Path(file["path"])
    quoted = shlex.quote(str(path))
    if file["problem"] == "permission denied":
        cure = facts.by(ROOT, f"chgrp {facts.user} {quoted} && chmod 640 {quoted}")
        yield Finding(Severity.ERROR, f"user {facts.user} cannot read it", where, file["problem"], cure=cure)
    elif file["problem"]:
        yield Finding(
            Severity.ERROR, "cannot be used", where, file["problem"], "", f"{BY_HAND}put the certificate at {path}"
        )
    elif mode := file.get("mode"):
        cure = facts.by_owner(path, f"chmod 600 {quoted}")
        yield Finding(Severity.ERROR, "can be read by others", where, f"mode {mode:04o}", "mode 0600", cure)
    elif (ends := file.get("ends")) and ends < facts.now + _SOON_DAYS * _DAY_SECONDS:
        is_over = ends < facts.now
        day = datetime.fromtimestamp(ends, UTC).date().isoformat()
        yield Finding(
            Severity.ERROR if is_over else Severity.WARNING,
            "has expired" if is_over else "expires soon",
            where,
            f"its end on {day}",
            f"one that is valid for {_SOON_DAYS} days",
            f"{BY_HAND}put a new certificate at {path}",
        )


def _databases(facts: Facts) -> Iterator[tuple[str, Seen]]:
    """Each database with data of its own, and the facts about it."""
    found = [(alias, facts.look(f"database {alias}")) for alias in facts.settings["databases"]]
    found = [(alias, seen) for alias, seen in found if not seen.get("is_none")]
    if not found:
        raise DoesNotApply("the project has no database")
    yield from found


def _answering(facts: Facts, *, with_absent: bool = False) -> Iterator[tuple[str, Seen]]:
    found = [(alias, seen) for alias, seen in _databases(facts) if not seen["error"]]
    yield from (one for one in found if with_absent or not one[1]["is_absent"])
    silent = [alias for alias, seen in _databases(facts) if seen["error"]]
    if silent:
        raise Unknown(f"the database {silent[0]!r} does not answer")


def _migrated(facts: Facts) -> Iterator[tuple[str, Seen]]:
    """The databases whose migrations are known; one that does not exist yet has none."""
    for alias, seen in _answering(facts, with_absent=True):
        if problem := seen.get("migrations_error"):
            raise Unknown(f"{_what(facts, alias)}: {problem}")
        yield alias, seen


def _what(facts: Facts, alias: str) -> str:
    return f"the database {alias!r} ({facts.settings['databases'][alias]['name']})"


def _option(alias: str) -> str:
    return "" if alias == "default" else f" --database {shlex.quote(alias)}"


CHECKS = (
    Check("database-reachable", "every database answers", reachable),
    Check("database-writable", "every database can be written", writable),
    Check("migrations-missing", "no migration is missing", missing),
    Check("migrations-ahead", "the database is not ahead of this release", ahead),
    Check("database-certificates", "the certificates for databases are readable and valid for some time", certificates),
)
