"""The checks of `ready`, and the reports of a start on the databases."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.data.database_files import unwritable
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.away import advice, name_of, unanswered
from django_pyz_runtime.release.migrations import State, ahead_error, missing_error, problem, states
from django_pyz_runtime.release.writable import ask, try_to_write

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

Check = Callable[[], None]
LIMIT_SECONDS = 5.0
"""How long a probe waits for checks, and a start waits for the database before it logs that."""
log = logging.getLogger("django_pyz.serve")


def checks_named(names: Sequence[str], migrations: Check) -> dict[str, Check]:
    """The checks of `[health] checks`, by name.

    Args:
        names: of the checks.
        migrations: the one of that name.

    Raises:
        KeyError: there is no such check.
    """
    known: Mapping[str, Check] = {"database": check_databases, "migrations": migrations}
    return {name: known[name] for name in names}


def check_databases(some: Iterable[BaseDatabaseWrapper] | None = None) -> None:
    """Ask databases for an answer.

    Args:
        some: the connections to use; default all that are configured.

    Raises:
        django.db.Error: one does not answer.
    """
    from django.db import connections

    try:
        for connection in connections.all() if some is None else some:
            if connection.vendor != "unknown":
                ask(connection)
    finally:
        # They are of this thread, which may end.
        connections.close_all()


class MigrationCheck:
    """All migrations are applied, and the database has none that this release does not know.

    Once all are applied, that stays true for this process, as its code does not change. If the database was not ahead
    when the server started, it may be ahead later: a newer release has begun to take over, on this host or another,
    and this one keeps serving until it is replaced.

    Args:
        bundle: this one.
        began_ahead: whether the database was ahead when the server started; default: the result of the first check.
        is_strict: False to pass in any case, if `[serve] migrations` is warn.
        pause_seconds: between two checks, once all are applied.
        say_pending: called at each check with the number of unapplied migrations.
    """

    def __init__(
        self,
        bundle: Bundle,
        began_ahead: Callable[[], bool] | None = None,
        *,
        is_strict: bool = True,
        pause_seconds: float = 60.0,
        say_pending: Callable[[int], None] = lambda migrations: None,
    ) -> None:
        self._bundle = bundle
        self._began_ahead = began_ahead
        self._is_strict = is_strict
        self._pause_seconds = pause_seconds
        self._say_pending = say_pending
        self._next = 0.0
        self._is_told = False
        self._is_done = False

    def __call__(self) -> None:
        """Raise RuntimeError while migrations are unapplied, or if the database was ahead from the beginning."""
        if not self._is_strict or self._is_told or time.monotonic() < self._next:
            return
        try:
            found = states()
        except Exception:
            if self._is_done:
                # Whether it answers is the other check's business.
                return
            raise
        self._say_pending(pending(found))
        if not self._is_done and (error := _first(missing_error(self._bundle, state) for state in found)):
            raise RuntimeError(error.problem)
        ahead = _first(ahead_error(self._bundle, state) for state in found)
        if self._began_ahead is None:
            began_ahead = bool(ahead)
            self._began_ahead = lambda: began_ahead
        if ahead and self._began_ahead():
            raise RuntimeError(f"{ahead.problem}. {ahead.hint}")
        if ahead:
            log.warning("%s. It was fine when the server started; the server keeps running.", ahead.problem)
        self._is_done, self._is_told = True, bool(ahead)
        self._next = time.monotonic() + self._pause_seconds


def _first(errors: Iterable[UserError | None]) -> UserError | None:
    return next(filter(None, errors), None)


def pending(found: Iterable[State]) -> int:
    """The number of unapplied migrations in all databases."""
    return sum(len(state.missing) for state in found)


def judge(bundle: Bundle, found: Sequence[State], policy: str, *, is_dry_run: bool) -> None:
    """Log at a start what is wrong with the migrations, or refuse to start.

    Args:
        bundle: this one.
        found: the state of each database.
        policy: `[serve] migrations`.
        is_dry_run: whether this is a test beside a running server; it then fails unless the policy is warn, as the
            running release is the better one.

    Raises:
        UserError: it is refused.
    """
    error = problem(bundle, found)
    if error and (policy == "refuse" or (policy == "ready" and is_dry_run)):
        raise error
    for state in found:
        for level, told in (
            (logging.WARNING, missing_error(bundle, state)),
            (logging.ERROR, ahead_error(bundle, state)),
        ):
            if told:
                log.log(level, "%s. %s", told.problem, told.hint)


def check_database(bundle: Bundle, command: str) -> list[State]:
    """Check the databases before the first request does.

    Args:
        bundle: this one, for hints.
        command: how commands begin, for the hint.

    Returns:
        The state of each database against the release.

    Raises:
        DatabaseAway: it does not answer, and may do so later.
        UserError: it is missing, or does not answer for another reason.
    """
    from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections

    connection = connections[DEFAULT_DB_ALIAS]
    name = str(connection.settings_dict["NAME"])
    is_file = connection.vendor == "sqlite" and os.path.isabs(name)
    if told := unwritable({DEFAULT_DB_ALIAS: connection.settings_dict}):
        raise told
    if is_file and not os.path.exists(name):
        hint = f"Run `{command} migrate` first, or `{command} runserve --migrate`."
        raise UserError(f"the database {name} does not exist", hint=hint)
    connect(command)
    # One without any right to write is meant to be read only.
    if is_file and os.stat(name).st_mode & 0o222:
        try_to_write(connection)
    try:
        return states()
    except DatabaseError:
        # It may have gone again.
        connect(command)
        raise


def connect_all(command: str) -> None:
    """Connect to each database once.

    Args:

    Args:
        command: how commands begin, for the hint.

    Raises:
        DatabaseAway: one does not answer, and may do so later.
        UserError: one does not answer for another reason.
    """
    from django.db import connections

    for alias in connections:
        connect(command, alias)


def connect(command: str, alias: str = "default") -> None:
    """Connect to a database once.

    Args:
        command: how commands begin, for the hint.
        alias: of the database.

    Raises:
        DatabaseAway: it does not answer, and may do so later.
        UserError: it does not answer for another reason.
    """
    from django.db import DatabaseError, connections

    connection = connections[alias]
    if connection.vendor == "unknown":
        return
    what, hint = name_of(connection), advice(command)
    words = f"{what} has not answered for {LIMIT_SECONDS:g} seconds; waiting. {hint}"
    timer = threading.Timer(LIMIT_SECONDS, log.warning, [words])
    timer.daemon = True
    timer.start()
    try:
        check_databases([connection])
    except DatabaseError as error:
        raise unanswered(connection, error, command) from error
    finally:
        timer.cancel()
