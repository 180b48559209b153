"""Asks databases, caches and the mail server, in the process that has the site's settings.

Imported after activation only. "error" says why one cannot be reached; it is "" if it answers.
"""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING, Any, NamedTuple

from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.away import is_away
from django_pyz_runtime.release.writable import ask, is_absent, try_to_write
from django_pyz_runtime.secrets.redaction import redacted

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

_OWN_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")
_KEY = "django-pyz-doctor"
_READS_A_WORD = 512
_READ_ONLY = {
    "postgresql": "SELECT setting, source FROM pg_settings WHERE name = 'default_transaction_read_only'",
    "mysql": "SELECT @@read_only, ''",
}
"""Whether a server is read-only, and the source of that setting."""


class DatabaseLook(NamedTuple):
    """A database of DATABASES.

    Attributes:
        bundle: has the wanted migrations.
        alias: of the database.
        has_apps: whether the apps are loaded.
    """

    bundle: Bundle
    alias: str
    has_apps: bool

    def answer(self) -> dict[str, Any]:
        """Whether it answers, can be written, and has the migrations of this release."""
        from django.db import connections

        connection = connections[self.alias]
        connection.settings_dict.get("OPTIONS", {}).pop("pool", None)
        found: dict[str, Any] = {"error": "", "vendor": connection.vendor, "is_absent": False}
        if connection.vendor == "unknown":
            return {**found, "is_none": True}
        if is_absent(connection):
            return {**found, "is_absent": True}
        try:
            ask(connection)
        except Exception as error:
            return {**found, "error": _told(error), "is_away": is_away(error)}
        is_mirror = bool((connection.settings_dict.get("TEST") or {}).get("MIRROR"))
        if not is_mirror:
            found |= _write(connection)
        return {**found, **(self._migrations() if self.has_apps else {})}

    def _migrations(self) -> dict[str, Any]:
        from django_pyz_runtime.release.migrations import is_migrated, newer_executable, state_of

        try:
            state = state_of(self.alias) if is_migrated(self.alias) else None
        except Exception as error:
            return {"migrations_error": _told(error)}
        if state is None:
            return {}
        newer = newer_executable(self.bundle, state.ahead) if state.ahead else ""
        return {"missing": list(state.missing), "ahead": [list(one) for one in state.ahead], "newer": newer}


def _write(connection: BaseDatabaseWrapper) -> dict[str, Any]:
    """Why it cannot be written, and the source of the setting if the server is read-only."""
    name = str(connection.settings_dict["NAME"])
    # One without any right to write is read-only on purpose.
    if connection.vendor == "sqlite" and os.path.exists(name) and not os.stat(name).st_mode & 0o222:
        return {}
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout = 1000")
    try:
        try_to_write(connection)
    except UserError as error:
        return {"unwritable": redacted(error.problem), "read_only_by": _read_only_by(connection)}
    return {}


def _read_only_by(connection: BaseDatabaseWrapper) -> str:
    """Why a server is read-only: "replica", or the source of its setting; "" if it is not."""
    from django.db import DatabaseError

    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_is_in_recovery()")
                if cursor.fetchone()[0]:
                    return "replica"
            if sql := _READ_ONLY.get(connection.vendor):
                cursor.execute(sql)
                value, source = cursor.fetchone()
                return (str(source) or "server") if str(value) in ("on", "1") else ""
    except DatabaseError:
        return ""
    finally:
        connection.close()
    return ""


class CacheLook(NamedTuple):
    """A cache of CACHES.

    Attributes:
        alias: of the cache.
    """

    alias: str

    def answer(self) -> dict[str, Any]:
        """Whether it answers; a cache in the memory of the process always does."""
        from django.conf import settings
        from django.core.cache import caches

        if str(settings.CACHES[self.alias].get("BACKEND", "")).endswith(_OWN_CACHES):
            return {"error": "", "is_own": True}
        try:
            caches[self.alias].get(_KEY)
        except Exception as error:
            return {"error": _told(error)}
        return {"error": ""}


class MailLook(NamedTuple):
    """A mail server.

    Attributes:
        host: its name or address.
        port: its TCP port.
        is_tls: whether it speaks TLS from the first byte.
        limit_seconds: how long it may take to answer.
    """

    host: str
    port: int
    is_tls: bool
    limit_seconds: float

    def answer(self) -> dict[str, Any]:
        """Whether it greets (RFC 5321, 3.1); nothing is sent."""
        try:
            with socket.create_connection((self.host, self.port), timeout=self.limit_seconds) as connection:
                greeting = b"220" if self.is_tls else connection.recv(_READS_A_WORD)
        except OSError as error:
            return {"error": _told(error)}
        said = greeting.decode("ascii", "replace").strip()
        return {"error": "" if said.startswith("220") else f"it says {said or 'nothing'}"}


def _told(error: BaseException) -> str:
    return redacted(" ".join(str(error).split()) or type(error).__name__)
