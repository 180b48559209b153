"""Which migrations are missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.runtime.conftest import Python

PROJECT = """
import sys
import django
from django.conf import settings
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": "db"}
APPS = ["django.contrib.contenttypes", "django.contrib.staticfiles", *sys.argv[1:]]
sys.path.insert(0, "")
settings.configure(INSTALLED_APPS=APPS, DATABASES={"default": DATABASE})
django.setup()
from django.core.management import call_command
from django_pyz_runtime.serve.edge.checks import missing_migrations
"""
MIGRATION = """
from django.db.migrations import Migration as Base
class Migration(Base):
    dependencies = [{dependencies}]
    replaces = [{replaces}]
"""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _write(name: str, dependencies: str = "", replaces: str = "") -> None:
    folder = Path("shop/migrations")
    folder.mkdir(parents=True, exist_ok=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    (folder / f"{name}.py").write_text(MIGRATION.format(dependencies=dependencies, replaces=replaces))


def test_they_are_named_in_their_order(python: Python) -> None:
    expected = "['contenttypes.0001_initial', 'contenttypes.0002_remove_content_type_name']\n"
    assert python(PROJECT + "print(missing_migrations())") == expected


def test_where_none_is_missing_none_is_imported(python: Python) -> None:
    python(PROJECT + "call_command('migrate', verbosity=0)")
    code = "print(missing_migrations(), *(name for name in sys.modules if '.migrations.0' in name))"
    assert python(PROJECT + code) == "[]\n"


def test_one_that_came_with_a_new_release_is_missing(python: Python) -> None:
    _write("0001_initial")
    python(PROJECT + "call_command('migrate', verbosity=0)", "shop")
    _write("0002_more", dependencies="('shop', '0001_initial')")
    assert python(PROJECT + "print(missing_migrations())", "shop") == "['shop.0002_more']\n"


def test_a_squashed_one_is_not_missing_where_its_parts_are_applied(python: Python) -> None:
    _write("0001_initial")
    python(PROJECT + "call_command('migrate', verbosity=0)", "shop")
    _write("0001_squashed", replaces="('shop', '0001_initial')")
    assert python(PROJECT + "print(missing_migrations())", "shop") == "[]\n"


def test_what_django_does_not_take_for_a_migration_is_none(python: Python) -> None:
    _write("0001_initial")
    python(PROJECT + "call_command('migrate', verbosity=0)", "shop")
    for name in ("_helper.py", "~0002_draft.py"):
        Path("shop/migrations", name).touch()
    Path("shop/migrations/parts").mkdir()
    Path("shop/migrations/parts/__init__.py").touch()
    Path("plain/migrations").mkdir(parents=True)
    Path("plain/migrations/0001_initial.py").touch()
    assert python(PROJECT + "print(missing_migrations())", "shop", "plain") == "[]\n"


def test_an_app_of_a_single_file_has_none(python: Python) -> None:
    Path("single.py").touch()
    python(PROJECT + "call_command('migrate', verbosity=0)", "single")
    assert python(PROJECT + "print(missing_migrations())", "single") == "[]\n"


def test_migrations_may_be_switched_off_as_django_lets_them(python: Python) -> None:
    modules = """
class Off:
    def __contains__(self, label): return True
    def __getitem__(self, label): return None
"""
    project = modules + PROJECT.replace("configure(", "configure(MIGRATION_MODULES=Off(), ")
    python(project + "call_command('migrate', run_syncdb=True, verbosity=0)")
    assert python(project + "print(missing_migrations())") == "[]\n"


def test_a_site_without_database_has_nothing_missing(python: Python) -> None:
    code = PROJECT.replace('DATABASES={"default": DATABASE}', "DATABASES={}")
    assert python(code + "print(missing_migrations())") == "[]\n"
