"""Lets one process at a time migrate a database, on any number of hosts; the others wait, then find nothing to do.

The lock belongs to the database, on a separate connection, and ends with it: an advisory lock in PostgreSQL, GET_LOCK
in MySQL and MariaDB, and a locked file beside SQLite's. PostgreSQL's belongs to a transaction rather than to a session,
as a pooler such as pgbouncer may give each transaction another session.

A process that holds the lock names it in an environment variable, so that its child processes do not wait for it.
Imported after activation only.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from django_pyz_runtime.errors import say, system_reason
from django_pyz_runtime.release.away import TOLD_EVERY_SECONDS, is_away, unpooled

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

VARIABLE = "DJANGO_PYZ_MIGRATING"
"""Names the locks that this process or a parent holds, separated by spaces."""
_ONLY_LOOK = ("plan", "check_unapplied", "list")
_PAUSE_SECONDS = 0.5
_WAITING = "waiting for another process that migrates this database"


class _Taken(Exception):
    """Somebody else has the lock."""


@contextlib.contextmanager
def while_migrating(name: str, options: Mapping[str, Any], tell: Callable[[str], None]) -> Iterator[None]:
    """Hold the lock while the command `migrate` runs, if it writes.

    Args:
        name: the project's.
        options: of the command.
        tell: as for `only_one`.
    """
    if any(options.get(option) for option in _ONLY_LOOK):
        yield
        return
    with only_one(name, options.get("database") or "default", tell):
        yield


@contextlib.contextmanager
def only_one(name: str, alias: str, tell: Callable[[str], None] = lambda text: None) -> Iterator[None]:
    """Hold the lock in the block. If it cannot be taken, a message says so, and the block runs all the same.

    Args:
        name: the project's.
        alias: of the database.
        tell: gets a line about the wait, and "" when it ends.
    """
    from django.db import connections

    key = _key(name, connections[alias])
    held = os.environ.get(VARIABLE, "")
    if not key or key in held.split():
        yield
        return
    with contextlib.ExitStack() as stack:
        try:
            _wait(lambda: stack.enter_context(_lock(name, connections[alias])), tell)
        except Exception as error:
            # The command itself reports a missing database; a lock is no reason to fail.
            if not is_away(error):
                say(f"migrating without a lock; let no other process migrate this database now: {_reason(error)}")
        os.environ[VARIABLE] = f"{held} {key}".strip()
        try:
            yield
        finally:
            os.environ[VARIABLE] = held
            if not held:
                del os.environ[VARIABLE]


def _key(name: str, connection: BaseDatabaseWrapper) -> str:
    """Names the lock; "" for a database that has none."""
    if connection.vendor not in _LOCKS:
        return ""
    place = [str(connection.settings_dict.get(key) or "") for key in ("HOST", "PORT", "NAME")]
    return _digest(name, connection.vendor, *place).hex()[:32]


def _digest(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(("django-pyz migrate", *parts)).encode()).digest()


def _wait(take: Callable[[], object], tell: Callable[[str], None]) -> None:
    began = told = time.monotonic()
    is_waiting = False
    while True:
        try:
            take()
            break
        except _Taken:
            pass
        now = time.monotonic()
        if not is_waiting:
            say(f"{_WAITING}.")
        elif now - told >= TOLD_EVERY_SECONDS:
            say(f"still {_WAITING} after {now - began:.0f} seconds.")
            told = now
        is_waiting = True
        tell(_WAITING)
        time.sleep(_PAUSE_SECONDS)
    if is_waiting:
        tell("")


def _reason(error: Exception) -> str:
    return system_reason(error).strip().splitlines()[0] if str(error) else type(error).__name__


def _lock(name: str, connection: BaseDatabaseWrapper) -> contextlib.AbstractContextManager[None]:
    """Take the lock.

    Raises:
        _Taken: somebody else has it.
        Exception: of the driver or the system: it cannot be taken.
    """
    return _LOCKS[connection.vendor](name, connection)


@contextlib.contextmanager
def _in_postgresql(name: str, connection: BaseDatabaseWrapper) -> Iterator[None]:
    own = unpooled(connection)
    try:
        own.connect()
        own.set_autocommit(False)
        with own.cursor() as cursor:
            # The current values may end an idle transaction.
            cursor.execute(
                "SELECT set_config(name, '0', true) FROM pg_settings WHERE name IN"
                " ('idle_in_transaction_session_timeout', 'transaction_timeout', 'statement_timeout')"
            )
            number = int.from_bytes(_digest(name)[:8], "big", signed=True)
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            if not cursor.fetchone()[0]:
                raise _Taken
        yield
    finally:
        own.close()


@contextlib.contextmanager
def _in_mysql(name: str, connection: BaseDatabaseWrapper) -> Iterator[None]:
    own = unpooled(connection)
    try:
        with own.cursor() as cursor:
            # Locks are the server's, not the database's; their names have 64 characters at most.
            key = f"django-pyz:{_digest(name, str(own.settings_dict['NAME'])).hex()[:40]}"
            cursor.execute("SET SESSION wait_timeout = 2147483")
            cursor.execute("SELECT GET_LOCK(%s, 0)", [key])
            if (found := cursor.fetchone()[0]) == 0:
                raise _Taken
            if found is None:
                raise OSError("GET_LOCK has failed")
        yield
    finally:
        own.close()


@contextlib.contextmanager
def _beside_sqlite(name: str, connection: BaseDatabaseWrapper) -> Iterator[None]:
    import fcntl

    database = str(connection.settings_dict["NAME"])
    if not os.path.isabs(database):
        # In memory, or a URI.
        yield
        return
    path = f"{os.path.realpath(database)}.migrating"
    descriptor = os.open(path, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _Taken from None
        if not _is_still(path, descriptor):
            raise _Taken
        try:
            yield
        finally:
            # While it is locked: a process that has opened it meanwhile sees that it was replaced.
            with contextlib.suppress(OSError):
                os.unlink(path)
    finally:
        os.close(descriptor)


def _is_still(path: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


_LOCKS: dict[str, Callable[[str, BaseDatabaseWrapper], contextlib.AbstractContextManager[None]]]
_LOCKS = {"postgresql": _in_postgresql, "mysql": _in_mysql, "sqlite": _beside_sqlite}
