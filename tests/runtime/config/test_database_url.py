"""Databases as URLs."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from django_pyz_runtime.config.database_url import ENGINES, parse

POSTGRES = "django.db.backends.postgresql"
SQLITE = "django.db.backends.sqlite3"
NO_SERVER = {"USER": "", "PASSWORD": "", "HOST": "", "PORT": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "postgres://u:p@h:5432/n",
            {"ENGINE": POSTGRES, "NAME": "n", "USER": "u", "PASSWORD": "p", "HOST": "h", "PORT": "5432"},
        ),
        ("postgres://u@/n", {"ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "USER": "u"}),
        (
            "mysql://u:p%40%2F%25@h/n%20m",
            {"ENGINE": ENGINES["mysql"], "NAME": "n m", **NO_SERVER, "USER": "u", "PASSWORD": "p@/%", "HOST": "h"},
        ),
        ("postgres://%2FRun%2Fpg/n", {"ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "HOST": "/Run/pg"}),
        ("postgres://[::1]:1/n", {"ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "HOST": "::1", "PORT": "1"}),
        ("sqlite:///relative.db", {"ENGINE": SQLITE, "NAME": "relative.db", **NO_SERVER}),
        ("sqlite:////absolute.db", {"ENGINE": SQLITE, "NAME": "/absolute.db", **NO_SERVER}),
        ("sqlite://:memory:", {"ENGINE": SQLITE, "NAME": ":memory:"}),
        (
            "postgres:///n?sslmode=require&a=b%20c",
            {"ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "OPTIONS": {"sslmode": "require", "a": "b c"}},
        ),
        ("PostgreSQL://H/n", {"ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "HOST": "H"}),
        ("pgsql://h/n?x=none", {"OPTIONS": {"x": "none"}, "ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "HOST": "h"}),
        ("sqlite://", {"ENGINE": SQLITE, "NAME": ":memory:"}),
        ("sqlite:///", {"ENGINE": SQLITE, "NAME": ":memory:"}),
        ("SQLITE://?timeout=20", {"ENGINE": SQLITE, "NAME": ":memory:", "OPTIONS": {"timeout": 20}}),
        (
            "sqlite:///a.db?timeout=0.5&uri=true",
            {"ENGINE": SQLITE, "NAME": "a.db", **NO_SERVER, "OPTIONS": {"timeout": 0.5, "uri": True}},
        ),
        (
            "postgres://h/n?conn_max_age=60&CONN_HEALTH_CHECKS=True&connect_timeout=3&options=-c%20a=1",
            {
                **{"ENGINE": POSTGRES, "NAME": "n", **NO_SERVER, "HOST": "h"},
                **{"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
                "OPTIONS": {"connect_timeout": 3, "options": "-c a=1"},
            },
        ),
        (
            "mysql2://h/n?conn_max_age=None",
            {"ENGINE": ENGINES["mysql"], "NAME": "n", **NO_SERVER, "HOST": "h", "CONN_MAX_AGE": None},
        ),
    ],
)
def test_a_url_stands_for_settings(text: str, expected: dict[str, Any]) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "postgres",
        "postgres:/n",
        "postgres://h",
        "sqlite://relative.db",
        "postgres://h/n?conn_max_age=soon",
        "postgres://h/n?atomic_requests=maybe",
        "oracel://h/n",
        "postgres://h:x/n",
        "mysql://[/n",
        "postgres://u:12/a@h/n",
    ],
)
def test_other_text_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (the text is not shown: it may be a secret)
        parse(text)


@given(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"), min_size=1))
def test_what_was_quoted_comes_back(password: str, name: str) -> None:
    from urllib.parse import quote

    found = parse(f"postgres://u:{quote(password, safe='')}@h/{quote(name, safe='')}")
    assert (found["PASSWORD"], found["NAME"], found["HOST"]) == (password, name, "h")
