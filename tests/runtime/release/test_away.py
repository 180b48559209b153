"""A database that is away, told from a mistake by what drivers say."""

from __future__ import annotations

import pytest

from django_pyz_runtime.release.away import DatabaseAway, OutOfTime, Patience
from tests.runtime.conftest import Python

TELL = """
import sys
from django.conf import settings
database = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "USER": "clerk", "HOST": "db"}
settings.configure(DATABASES={"default": database})
import django
django.setup()
from django.db import OperationalError
from django_pyz_runtime.release.away import is_away
def as_django(driver, *arguments):
    error = OperationalError(*arguments)
    error.__cause__ = type("Error", (Exception,), {"__module__": driver})()
    return error
"""
SERVER = 'connection to server at "127.0.0.1", port 5432 failed: '
SOCKET = "Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)"


@pytest.mark.parametrize(
    ("driver", "arguments"),
    [
        ("psycopg", (f"connection failed: {SERVER}Connection refused\n\tIs the server running on that host?",)),
        ("psycopg2", (f"{SERVER}FATAL:  the database system is starting up",)),
        ("psycopg2", (f"{SERVER}FATAL:  das Datenbanksystem startet",)),
        ("psycopg", (f'{SERVER}FATAL:  too many connections for role "clerk"',)),
        ("psycopg", ('could not translate host name "db" to address: Name or service not known',)),
        ("psycopg", ("[Errno -2] Name or service not known",)),
        ("psycopg", ('connection to server on socket "/run/.s.PGSQL.5432" failed: No such file or directory',)),
        ("psycopg_pool", ("couldn't get a connection after 3.00 sec",)),
        ("MySQLdb", (2002, SOCKET)),
        ("pymysql", (2003, "Can't connect to MySQL server on 'db' ([Errno 111] Connection refused)")),
        ("MySQLdb", (1040, "Too many connections")),
        ("oracledb", ("DPY-6005: cannot connect to database",)),
    ],
)
def test_a_server_that_does_not_answer_is_away(driver: str, arguments: tuple[object, ...], python: Python) -> None:
    assert python(f"{TELL}print(is_away(as_django({driver!r}, *{arguments!r})))") == "True\n"


@pytest.mark.parametrize(
    ("driver", "arguments"),
    [
        ("psycopg", (f'connection failed: {SERVER}FATAL:  password authentication failed for user "clerk"',)),
        ("psycopg2", (f"{SERVER}FATAL:  Passwort-Authentifizierung für Benutzer »clerk« fehlgeschlagen",)),
        ("psycopg2", (f"{SERVER}FATAL:  la base de données « shop » n'existe pas",)),
        ("psycopg2", (f'{SERVER}FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "clerk"',)),
        ("psycopg2", ("fe_sendauth: no password supplied",)),
        ("psycopg2", (f"{SERVER}server does not support SSL, but SSL was required",)),
        ("pymysql", (1045, "Access denied for user 'clerk'@'localhost' (using password: YES)")),
        ("MySQLdb", (1049, "Unknown database 'shop'")),
        ("sqlite3", ("unable to open database file",)),
        ("sqlite3", ("database is locked",)),
    ],
)
def test_a_mistake_is_none_that_waiting_mends(driver: str, arguments: tuple[object, ...], python: Python) -> None:
    assert python(f"{TELL}print(is_away(as_django({driver!r}, *{arguments!r})))") == "False\n"


def test_an_error_that_is_behind_another_counts(python: Python) -> None:
    raised = """
try:
    try:
        raise as_django("psycopg", "Connection refused")
    except OperationalError as error:
        raise ValueError("no teas") from error
except ValueError as error:
    print(is_away(error), is_away(ValueError("Connection refused")))
"""
    assert python(TELL + raised) == "True False\n"


def test_it_is_tried_until_it_answers_and_what_is_waited_for_is_told(caplog: pytest.LogCaptureFixture) -> None:
    left, told = ["first\nmore", "second"], list[str]()

    def attempt() -> None:
        if left:
            raise DatabaseAway(left.pop(0), hint="Start it.")

    Patience(tell=told.append).until(attempt)
    assert told == ["waiting for the database: first", "waiting for the database: second", ""]
    assert caplog.messages == [
        "waiting for the database: first\nmore\nStart it.",
        "the database answers, after 0 seconds",
    ]


def test_where_it_answers_at_once_nothing_is_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []
    Patience(tell=told.append).until(lambda: None)
    assert (told, caplog.messages) == ([], [])


def away() -> None:
    raise DatabaseAway("it is away", hint="Start it.")


def test_a_limit_ends_it_with_what_was_wrong() -> None:
    with pytest.raises(OutOfTime) as ended:
        Patience(0.1).until(away)
    assert str(ended.value).splitlines() == [
        "it is away",
        "gave up after 0.1 seconds ([serve] database_wait)",
        "Start it.",
    ]


def test_it_ends_when_nobody_wants_it_any_more() -> None:
    with pytest.raises(SystemExit):
        Patience(is_wanted=lambda: False).until(away)
