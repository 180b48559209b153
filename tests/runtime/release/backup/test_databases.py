"""Which databases are backed up, and how programs are told where they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from django_pyz_runtime.release.backup.databases.mysql import _client_lines
from django_pyz_runtime.release.backup.databases.postgresql import _without
from tests.runtime.conftest import Python

TELL = """
import json, sys
from django.conf import settings
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.backup.databases.configured import databases
settings.configure(DATABASES=json.loads(sys.argv[1]))
try:
    print(json.dumps([database.alias for database in databases((0, 0), json.loads(sys.argv[2]))]))
except UserError as error:
    print(json.dumps(str(error)))
"""
SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "/data/db.sqlite3"}
MEMORY = {"ENGINE": "django.db.backends.sqlite3", "NAME": "file:x?mode=memory"}
POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "NAME": "shop", "HOST": "one"}
ORACLE = {"ENGINE": "oracle_like", "NAME": "shop"}


@pytest.fixture
def found(python: Python) -> Any:
    """The aliases of databases, or what is wrong with them."""

    def found(databases: Any, *without: str) -> Any:
        return json.loads(python(TELL, json.dumps(databases), json.dumps(without)))

    return found


def test_each_database_is_taken_once(found: Any) -> None:
    databases = {
        "default": SQLITE,
        "same": {**SQLITE, "NAME": "/data/../data/db.sqlite3"},
        "mirror": {**SQLITE, "NAME": "/data/other", "TEST": {"MIRROR": "default"}},
        "memory": MEMORY,
        "uri": {**SQLITE, "NAME": "file:///data/third?mode=ro"},
    }
    assert found(databases) == ["default", "uri"]
    assert found(databases, "default") == ["same", "uri"]
    assert found({"default": {}}) == []


def test_an_alias_that_is_none_is_told(found: Any) -> None:
    assert found({"default": SQLITE}, "no") == "--without-database no: there is no such database\nThere are default."


def test_an_engine_that_is_not_known_is_left_out_as_the_message_says(found: Any, python: Python) -> None:
    register = (
        "import sys, types\n"
        "from django.db.backends.dummy import base\n"
        "class DatabaseWrapper(base.DatabaseWrapper):\n    vendor = 'oracle'\n"
        "for name in ('oracle_like', 'oracle_like.base'): sys.modules[name] = types.ModuleType(name)\n"
        "sys.modules['oracle_like.base'].DatabaseWrapper = DatabaseWrapper\n"
        "sys.modules['oracle_like'].__path__ = []\n"
    )
    databases = json.dumps({"default": SQLITE, "other": ORACLE})
    told = json.loads(python(register + TELL, databases, "[]"))
    assert "DATABASES.other: oracle_like cannot be backed up" in told
    alias = told.rpartition("--without-database ")[2]
    assert json.loads(python(register + TELL, databases, json.dumps([alias]))) == ["default"]


def test_the_client_of_mariadb_reads_a_file_with_the_password() -> None:
    arguments = ["--defaults-file=/etc/own.cnf", "--user=shop", "--host=db", "--ssl-ca=/etc/ca.pem", "shop"]
    lines = list(_client_lines(arguments, {"MYSQL_PWD": 'a"b\\c#\n'}, {"OPTIONS": {"unix_socket": "/run/x"}}))
    assert lines == [
        "!include /etc/own.cnf\n",
        "[client]\n",
        'user = "shop"\n',
        'host = "db"\n',
        'ssl-ca = "/etc/ca.pem"\n',
        'password = "a\\"b\\\\c#\\n"\n',
        'socket = "/run/x"\n',
    ]


def test_what_every_database_has_is_not_made_again() -> None:
    listed = [
        ";\n",
        "; Archive created at\n",
        "5; 2615 2200 SCHEMA - public pg_database_owner\n",
        "6; 2615 16385 SCHEMA - tenant shop\n",
        "2; 3079 16386 EXTENSION - citext \n",
        "3400; 0 0 COMMENT - EXTENSION citext \n",
        "219; 1259 16400 TABLE public shop_item shop\n",
    ]
    assert "".join(_without(["public"], listed)) == "".join(listed[i] for i in (3, 4, 6))
