"""Which operations of migrations a release that serves could not live with."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.runtime.conftest import clean_environment

SCRIPT = """
import json, sys
import django
from django.conf import settings
settings.configure(
    INSTALLED_APPS=["django.contrib.contenttypes"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DATABASE_ROUTERS=["__main__.Router"],
)
class Router:
    def allow_migrate(self, alias, app, model_name=None, **hints):
        return model_name != "foreign" and "for" not in hints
django.setup()
from django.db import connection, models
from django.db.migrations import *
from django.db.migrations.state import ProjectState
from django.db.models import *
from django_pyz_runtime.release.upgrade.harmful import _Review

BASE = [
    CreateModel("Shop", [("id", AutoField(primary_key=True))]),
    CreateModel("Tea", [
        ("id", AutoField(primary_key=True)),
        ("name", CharField(max_length=10)),
        ("note", CharField(max_length=10, null=True)),
        ("code", CharField(max_length=10, unique=True)),
        ("column", CharField(max_length=10, db_column="fixed")),
        ("count", IntegerField()),
        ("shop", ForeignKey("t.Shop", CASCADE)),
        ("shops", ManyToManyField("t.Shop", related_name="+")),
    ], {"unique_together": {("name", "note")}}),
    CreateModel("Foreign", [("id", AutoField(primary_key=True))]),
    CreateModel("Unmanaged", [("id", AutoField(primary_key=True))], {"managed": False}),
]

class Silent(AddField): pass
class Other(AddIndex):
    def database_forwards(self, *args): pass

def lines(operations):
    state = ProjectState()
    for operation in BASE:
        operation.state_forwards("t", state)
    migration = Migration("0002", "t")
    migration.operations = operations
    return _Review(connection).look_at(migration, state)[0]

found = [lines(eval(f"[{source}]")) for source in json.loads(sys.argv[1])]
print(json.dumps([[line.rpartition(": ")[2] for line in some] for some in found]))
"""
GONE, OLD_NAME = "the older code still uses it", "the older code uses the old name"
REFUSES, UNKNOWN = "it may reject rows that the older code writes", "its effect is not known"
NOT_NULL = "the column is NOT NULL and has no db_default, so the older code cannot insert rows"
HARM = {
    'AddField("tea", "x", TextField(default=""))': NOT_NULL,
    'Silent("tea", "x", ForeignKey("t.Shop", CASCADE))': NOT_NULL,
    'RemoveField("tea", "name")': GONE,
    'RemoveField("tea", "shops")': GONE,
    'RenameField("tea", "name", "title")': OLD_NAME,
    'RenameField("tea", "shops", "places")': OLD_NAME,
    'AlterField("tea", "note", CharField(max_length=10))': "the column becomes NOT NULL",
    'AlterField("tea", "name", CharField(max_length=5))': "varchar(10) becomes varchar(5)",
    'AlterField("tea", "name", CharField(max_length=10, unique=True))': "its values become unique",
    'AlterField("tea", "name", CharField(max_length=10, db_column="n"))': "the column is renamed",
    'AlterField("tea", "name", IntegerField())': "varchar(10) becomes integer",
    'AlterField("tea", "count", PositiveIntegerField())': "its values are checked",
    'AlterField("tea", "count", SmallIntegerField())': "integer becomes smallint",
    'AlterField("tea", "shop", ForeignKey("t.Foreign", CASCADE))': "it refers to another table",
    'AlterField("tea", "name", CharField(max_length=10, db_collation="NOCASE"))': "its collation changes",
    'AlterField("tea", "shops", ManyToManyField("t.Foreign"))': "its table changes",
    'DeleteModel("Tea")': GONE,
    'RenameModel("Tea", "Coffee")': OLD_NAME,
    'AlterModelTable("Tea", "other")': OLD_NAME,
    'AlterUniqueTogether("Tea", {("name", "code")})': REFUSES,
    'AddConstraint("tea", UniqueConstraint(fields=["name"], name="c"))': REFUSES,
    'AlterOrderWithRespectTo("Tea", "shop")': "a column is added or removed",
    "RunPython(lambda apps, editor: None)": UNKNOWN,
    "RunPython(lambda apps, editor: None, elidable=True)": UNKNOWN,
    'RunSQL("SELECT 1")': UNKNOWN,
    'Other("tea", Index(fields=["name"], name="i"))': UNKNOWN,
    'SeparateDatabaseAndState([RemoveField("tea", "name")], [])': GONE,
}
HARMLESS = [
    'AddField("tea", "x", TextField(null=True))',
    'AddField("tea", "x", ManyToManyField("t.Shop", related_name="+"))',
    'AlterField("tea", "name", CharField(max_length=20))',
    'AlterField("tea", "name", CharField(max_length=10, null=True, default="x", help_text="y", db_index=True))',
    'AlterField("tea", "name", TextField())',
    'AlterField("tea", "code", CharField(max_length=10))',
    'AlterField("tea", "count", BigIntegerField())',
    'AlterField("tea", "id", BigAutoField(primary_key=True))',
    'AlterField("tea", "shops", ManyToManyField("t.Shop", related_name="+", blank=True))',
    'RenameField("tea", "column", "other")',
    'CreateModel("New", [("id", AutoField(primary_key=True)), ("tea", ForeignKey("t.Tea", CASCADE))])',
    'CreateModel("New", [("id", AutoField(primary_key=True))]), RenameModel("New", "Newer"), DeleteModel("Newer")',
    'AlterModelTable("Tea", "t_tea")',
    'AlterUniqueTogether("Tea", set())',
    'AlterModelOptions("Tea", {"ordering": ["name"]})',
    'AddIndex("tea", Index(fields=["name"], name="i")), RemoveIndex("tea", "i")',
    "RunPython(RunPython.noop), RunSQL(RunSQL.noop)",
    'SeparateDatabaseAndState([], [RemoveField("tea", "name")])',
    'DeleteModel("Foreign"), DeleteModel("Unmanaged")',
    'RunSQL("SELECT 1", hints={"for": "another database"})',
]


@pytest.fixture(scope="module")
def found() -> dict[str, list[str]]:
    """What does harm in each of the lists of operations."""
    sources = [*HARM, *HARMLESS]
    command = [sys.executable, "-c", SCRIPT, json.dumps(sources)]
    done = subprocess.run(command, env=clean_environment(), capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return dict(zip(sources, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("source", HARM)
def test_what_does_harm_is_told_with_its_reason(found: dict[str, list[str]], source: str) -> None:
    assert found[source] == [HARM[source]]


@pytest.mark.parametrize("source", HARMLESS)
def test_what_does_no_harm_is_not(found: dict[str, list[str]], source: str) -> None:
    assert found[source] == []
