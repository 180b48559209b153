"""`DATABASES.default = postgres://user:password@host:5432/name?option=value`, as a convenience."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_POSTGRES = "django.db.backends.postgresql"
_MYSQL = "django.db.backends.mysql"
ENGINES = {
    "postgres": _POSTGRES,
    "postgresql": _POSTGRES,
    "pgsql": _POSTGRES,
    "psql": _POSTGRES,
    "postgis": "django.contrib.gis.db.backends.postgis",
    "mysql": _MYSQL,
    "mysql2": _MYSQL,
    "mysqlgis": "django.contrib.gis.db.backends.mysql",
    "mysql-connector": "mysql.connector.django",
    "oracle": "django.db.backends.oracle",
    "oraclegis": "django.contrib.gis.db.backends.oracle",
    "redshift": "django_redshift_backend",
    "cockroach": "django_cockroachdb",
    "cockroachdb": "django_cockroachdb",
    "sqlite": "django.db.backends.sqlite3",
    "spatialite": "django.contrib.gis.db.backends.spatialite",
}
"""By scheme, with the names of dj-database-url and django-environ."""
_FILES = ("sqlite", "spatialite")
_OF_DJANGO = ("ATOMIC_REQUESTS", "AUTOCOMMIT", "CONN_HEALTH_CHECKS", "CONN_MAX_AGE", "DISABLE_SERVER_SIDE_CURSORS")
"""Parameters of the query that are Django's, in capitals or not; all others are for the driver."""
_WORDS = {"true": True, "false": False}
WANTED = f"a database URL (SCHEME://USER:PASSWORD@HOST:PORT/NAME, scheme one of {', '.join(ENGINES)})"


def parse(text: str) -> dict[str, Any]:
    """The Django database settings that a URL stands for.

    `sqlite:///relative.db` is a file in the data folder, `sqlite:////absolute.db` an absolute path, `sqlite://` and
    `sqlite://:memory:` live in memory. For the others a host that is a percent-encoded path is a socket folder. The
    query sets Django's own keys, such as conn_max_age, and OPTIONS; numbers, true and false in it get their type. In
    user, password and name, percent-encode any of /?#@%.

    Raises:
        ValueError: the text is not such a URL.
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in ENGINES:
        raise ValueError(text)
    is_file = scheme in _FILES
    where, _, query = rest.partition("?")
    if is_file and where in ("", "/", ":memory:"):
        return {"ENGINE": ENGINES[scheme], "NAME": ":memory:", **_from_query(query, is_file=True)}
    parts = urlsplit(f"{scheme}://{rest}")
    found: dict[str, Any] = {
        "ENGINE": ENGINES[scheme],
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(_host(parts.netloc)),
        "PORT": str(parts.port or ""),
    }
    if not found["NAME"] or (not is_file and "@" in parts.path):
        # After a / in a password the rest of it would be taken for the name.
        raise ValueError(text)
    return {**found, **_from_query(parts.query, is_file=is_file)}


def _from_query(query: str, *, is_file: bool) -> dict[str, Any]:
    """The settings in the query of a URL: keys of Django's, and OPTIONS."""
    found: dict[str, Any] = {}
    options: dict[str, Any] = {}
    for key, text in parse_qsl(query):
        if key.upper() in _OF_DJANGO:
            found[key.upper()] = _typed(key.upper(), text)
        else:
            options[key] = _value(text, is_file=is_file)
    return {**found, "OPTIONS": options} if options else found


def _typed(key: str, text: str) -> Any:
    """A value that Django knows: seconds or None for an age, else true or false."""
    value = _value(text, is_file=False)
    is_age = key == "CONN_MAX_AGE"
    if is_age and text.lower() == "none":
        return None
    if is_age and type(value) is int:
        return value
    if not is_age and value in (True, False):
        return bool(value)
    raise ValueError(text)


def _value(text: str, *, is_file: bool) -> Any:
    """A number, a word or a text; SQLite's timeout may have a fraction."""
    if re.fullmatch(r"[0-9]{1,18}", text):
        return int(text)
    if is_file and re.fullmatch(r"[0-9]{1,9}\.[0-9]{1,9}", text):
        return float(text)
    return _WORDS.get(text.lower(), text)


def _host(netloc: str) -> str:
    """The host as written; SplitResult.hostname lower-cases it, which would change the path of a socket folder."""
    host = netloc.rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
