"""Tells a database that is away for a while from a mistake, and waits for it.

Imported after activation only.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Iterable
from traceback import walk_tb
from typing import TYPE_CHECKING

from django_pyz_runtime.errors import UserError, with_causes

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

EXIT_CODE = 75
"""EX_TEMPFAIL of sysexits.h: a later try may succeed."""
TOLD_EVERY_SECONDS = 30.0
_SHORTEST_SECONDS, _LONGEST_SECONDS = 0.25, 2.0
"""Between two tries."""
_log = logging.getLogger("django_pyz.serve")

_MYSQL_AWAY = {1040, 1042, 1053, 1129, 1152, 1158, 1159, 1160, 1161, 1203, 1226, 2002, 2003, 2005, 2006, 2012, 2013}
"""Too many connections, a shutdown, no answer (Server and Client Error Message Reference)."""
_AWAY = re.compile(
    "|".join(
        (
            *("refused", "timed? ?out", "unreachable", "no route to host", "connection reset", "broken pipe"),
            *("starting up", "shutting down", "shut down", "recovery mode", "not yet accepting"),
            *("terminating connection", "closed the connection", "name or service not known", "name resolution"),
            *("translate host name", "failed to resolve", "no address associated", "getaddrinfo"),
            *("too many (clients|connections)", "connection slots", "couldn't get a connection"),
            *("closed unexpectedly", "SSL SYSCALL error"),
            *("no listener", "ORA-(01033|01034|01089|12170|12514|12528|12541)", "DPY-6005"),
        )
    ),
    re.IGNORECASE,
)
_MISTAKE = re.compile(
    r"password|authentication|pg_hba|does not exist|permission denied|certificate|\bssl\b|not currently accepting"
    r"|invalid|no such option|service file",
    re.IGNORECASE,
)
_QUOTED = "[\"'`\u00ab\u00bb\u201c\u201d\u201e\u2018\u2019]\\s?{}\\s?[\"'`\u00ab\u00bb\u201c\u201d\u201e\u2018\u2019]"


class DatabaseAway(UserError):
    """A database does not answer now, but may answer later."""


class OutOfTime(DatabaseAway):
    """The database did not answer within the limit."""


def is_away(error: BaseException | None) -> bool:
    """Whether an error, or one behind it, says that a database server is away or has too many clients.

    A wrong password, a missing database and the like are mistakes that no waiting fixes.

    Args:
        error: as Django raises it.
    """
    from django.db import OperationalError

    return any(isinstance(one, OperationalError) and _is_of_server(one) for one in with_causes(error))


def _is_of_server(error: Exception) -> bool:
    driver = type(error.__cause__).__module__.partition(".")[0]
    if driver == "sqlite3":
        return False
    number = error.args[0] if error.args else None
    if isinstance(number, int) and driver in ("MySQLdb", "pymysql", "mysql"):
        return number in _MYSQL_AWAY
    text = str(error)
    if _AWAY.search(text):
        return True
    # The server's message may be in any language; if it names user or database, it is about them.
    return driver.startswith("psycopg") and not _MISTAKE.search(text) and not _names_us(text)


def _names_us(text: str) -> bool:
    from django.db import connections

    names = [one.get(key) for one in connections.settings.values() for key in ("NAME", "USER")]
    said = " ".join(line.rpartition("failed: ")[2] for line in text.splitlines())
    return any(re.search(_QUOTED.format(re.escape(str(name))), said) for name in names if name)


def unpooled(connection: BaseDatabaseWrapper) -> BaseDatabaseWrapper:
    """A separate connection to the same database, not taken from a pool.

    Args:
        connection: the one to copy.
    """
    own = connection.copy()
    if isinstance(options := own.settings_dict.get("OPTIONS"), dict):
        options.pop("pool", None)
    return own


def name_of(connection: BaseDatabaseWrapper) -> str:
    """What messages call a database."""
    return f"the database {str(connection.settings_dict['NAME'])!r} ({connection.vendor})"


def advice(command: str) -> str:
    """What to do about a database that does not answer.

    Args:
        command: how commands begin.
    """
    return f"Check that it is running, and DATABASES: `{command} pyz config explain DATABASES`."


def unanswered(connection: BaseDatabaseWrapper, error: Exception, command: str) -> UserError:
    """What to say of a database that cannot be connected to.

    Args:
        connection: to it.
        error: as Django raises it.
        command: how commands begin.
    """
    reason = _without_pool(connection) or error
    kind = DatabaseAway if is_away(reason) else UserError
    return kind(f"{name_of(connection)} does not answer: {str(reason).strip()}", hint=advice(command))


def _without_pool(connection: BaseDatabaseWrapper) -> Exception | None:
    """Why there is no connection, where a pool says no more than that it has none."""
    from django.db import DatabaseError

    if not (connection.settings_dict.get("OPTIONS") or {}).get("pool"):
        return None
    own = unpooled(connection)
    try:
        own.connect()
    except DatabaseError as error:
        return error
    finally:
        own.close()
    return None


def unconnected(error: Exception) -> BaseDatabaseWrapper | None:
    """The connection that an error comes from, where it was to be made; None for an error of a query, or another one.

    Args:
        error: as Django raises it.
    """
    from django.db import OperationalError
    from django.db.backends.base.base import BaseDatabaseWrapper

    if isinstance(error, OperationalError):
        for frame, _ in walk_tb(error.__traceback__):
            connection = frame.f_locals.get("self")
            if frame.f_code.co_name == "get_new_connection" and isinstance(connection, BaseDatabaseWrapper):
                return connection
    return None


class Patience:
    """Waits for a database, and logs it at once and then every 30 seconds.

    Args:
        limit_seconds: how long to wait; 0 for no limit.
        tell: gets a line about the wait, and "" when it ends.
        is_wanted: whether to keep waiting; called often.
    """

    def __init__(
        self,
        limit_seconds: float = 0,
        tell: Callable[[str], None] = lambda text: None,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        self._limit_seconds = limit_seconds
        self._tell = tell
        self._is_wanted = is_wanted
        self._began: float | None = None
        self._told = 0.0

    def until(self, attempt: Callable[[], None]) -> None:
        """Repeat an attempt until the databases that it needs answer.

        Args:
            attempt: the attempt.

        Raises:
            OutOfTime: it took too long.
            SystemExit: the wait was cancelled.
        """
        pause_seconds = _SHORTEST_SECONDS
        while True:
            try:
                attempt()
                break
            except DatabaseAway as away:
                self._bear(away)
            self._sleep(pause_seconds)
            pause_seconds = min(2 * pause_seconds, _LONGEST_SECONDS)
        if self._began is not None:
            _log.warning("the database answers, after %d seconds", self._seconds)
            self._tell("")

    @property
    def _seconds(self) -> float:
        return 0.0 if self._began is None else time.monotonic() - self._began

    def _bear(self, away: DatabaseAway) -> None:
        if self._began is None:
            self._began = self._told = time.monotonic()
            _log.warning("waiting for the database: %s", away)
        elif time.monotonic() - self._told >= TOLD_EVERY_SECONDS:
            self._told = time.monotonic()
            _log.warning("still waiting for the database after %d seconds: %s", self._seconds, away.problem)
        self._tell(f"waiting for the database: {_first_line(away.problems)}")
        if self._limit_seconds and self._seconds >= self._limit_seconds:
            self._tell("")
            raise OutOfTime(
                *away.problems,
                f"gave up after {self._limit_seconds:g} seconds ([serve] database_wait)",
                hint=away.hint,
            ) from away

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not self._is_wanted():
                raise SystemExit(0)
            time.sleep(min(left, _SHORTEST_SECONDS))


def _first_line(lines: Iterable[str]) -> str:
    return next(iter("\n".join(lines).splitlines()), "")
