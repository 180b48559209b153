"""`DATABASES.default = postgres://user:password@host:5432/name?option=value`, as a convenience."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

ENGINES = {
    "postgres": "django.db.backends.postgresql",
    "postgresql": "django.db.backends.postgresql",
    "postgis": "django.contrib.gis.db.backends.postgis",
    "mysql": "django.db.backends.mysql",
    "oracle": "django.db.backends.oracle",
    "sqlite": "django.db.backends.sqlite3",
    "spatialite": "django.contrib.gis.db.backends.spatialite",
}
WANTED = f"a database URL (SCHEME://USER:PASSWORD@HOST:PORT/NAME, scheme one of {', '.join(ENGINES)})"


def parse(text: str) -> dict[str, Any]:
    """The Django database settings that a URL stands for.

    `sqlite:///relative.db` is a file in the data folder, `sqlite:////absolute.db` an absolute path,
    `sqlite://:memory:` lives in memory. For the others a host that is a percent-encoded path is a socket folder. The
    query gives OPTIONS. In user, password and name, any of /?#@% is percent-encoded.

    Raises:
        ValueError: the text is no such URL.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or scheme not in ENGINES:
        raise ValueError(text)
    if rest == ":memory:":
        return {"ENGINE": ENGINES[scheme], "NAME": ":memory:"}
    parts = urlsplit(text)
    found: dict[str, Any] = {
        "ENGINE": ENGINES[scheme],
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(_host(parts.netloc)),
        "PORT": str(parts.port or ""),
    }
    is_file = scheme in ("sqlite", "spatialite")
    if not found["NAME"] or (not is_file and "@" in parts.path):
        # After a / in a password the rest of it would be taken for the name.
        raise ValueError(text)
    options = dict(parse_qsl(parts.query))
    return {**found, "OPTIONS": options} if options else found


def _host(netloc: str) -> str:
    """The host as it is written; SplitResult.hostname has it in small letters, which is another socket folder."""
    host = netloc.rpartition("@")[2]
    return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
