"""Which migrations are missing, and which are unknown."""

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
from django_pyz_runtime.release.migrations import state_of
def missing_migrations(): return list(state_of().missing)
def ahead(): return [tuple(one) for one in state_of().ahead]
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


def _applied(python: Python, *names: str) -> None:
    """Apply the chain of these migrations of shop, which the release then has no longer."""
    before = ""
    for name in names:
        _write(name, dependencies=before)
        before = f"('shop', '{name}')"
    _models()
    python(PROJECT + "call_command('migrate', verbosity=0)", "shop")


def _models() -> None:
    Path("shop/__init__.py").touch()
    model = "from django.db import models\nclass Tea(models.Model): id = models.AutoField(primary_key=True)\n"
    Path("shop/models.py").write_text(model)


def _remove(*names: str) -> None:
    for name in names:
        Path(f"shop/migrations/{name}.py").unlink()


def _ahead(python: Python, *apps: str) -> str:
    return python(PROJECT + "print(ahead())", *(apps or ("shop",))).strip()


def test_what_a_newer_release_has_applied_is_told_with_where_to_go_back_to(python: Python) -> None:
    _applied(python, "0001_initial", "0002_more", "0003_most")
    assert _ahead(python) == "[]"
    _remove("0002_more", "0003_most")
    assert _ahead(python) == "[('shop', ('0002_more', '0003_most'), '0001_initial')]"
    assert python(PROJECT + "print(missing_migrations())", "shop") == "[]\n"


def test_an_app_that_the_release_has_not_is_none_of_its_business(python: Python) -> None:
    _applied(python, "0001_initial")
    assert python(PROJECT + "print(ahead())") == "[]\n"


def test_an_app_whose_first_migration_is_newer_goes_back_to_zero(python: Python) -> None:
    _applied(python, "0001_initial")
    _remove("0001_initial")
    assert _ahead(python) == "[('shop', ('0001_initial',), 'zero')]"


def test_an_app_that_keeps_nothing_any_more_is_not_ahead(python: Python) -> None:
    _applied(python, "0001_initial")
    _remove("0001_initial")
    Path("shop/models.py").unlink()
    assert _ahead(python) == "[]"


def test_what_was_squashed_is_not_ahead(python: Python) -> None:
    _applied(python, "0001_initial", "0002_more")
    replaced = "('shop', '0001_initial'), ('shop', '0002_more')"
    _write("0001_all", replaces=replaced)
    # As documented: the release that squashes has both, and records the squashed one.
    python(PROJECT + "call_command('migrate', verbosity=0)", "shop")
    _remove("0001_initial", "0002_more")
    assert _ahead(python) == "[]"
    _write("0001_all")
    assert _ahead(python) == "[]"


def test_what_was_squashed_is_not_ahead_before_that_is_recorded(python: Python) -> None:
    _applied(python, "0001_initial", "0002_more")
    _remove("0001_initial", "0002_more")
    _write("0001_all", replaces="('shop', '0001_initial'), ('shop', '0002_more')")
    assert _ahead(python) == "[]"


def test_a_newer_release_that_has_only_squashed_is_not_ahead(python: Python) -> None:
    _applied(python, "0001_initial", "0002_more")
    _write("0001_squashed_0002_more", replaces="('shop', '0001_initial'), ('shop', '0002_more')")
    python(PROJECT + "call_command('migrate', verbosity=0)", "shop")
    _remove("0001_squashed_0002_more")
    assert _ahead(python) == "[]"


def test_where_both_have_diverged_the_last_common_one_is_gone_back_to(python: Python) -> None:
    _applied(python, "0001_initial", "0002_theirs")
    _remove("0002_theirs")
    _write("0002_ours", dependencies="('shop', '0001_initial')")
    assert _ahead(python) == "[('shop', ('0002_theirs',), '0001_initial')]"
    assert python(PROJECT + "print(missing_migrations())", "shop") == "['shop.0002_ours']\n"


def test_an_app_whose_migrations_are_switched_off_is_not_ahead(python: Python) -> None:
    _applied(python, "0001_initial")
    project = PROJECT.replace("configure(", "configure(MIGRATION_MODULES={'shop': None}, ")
    assert python(project + "print(ahead())", "shop") == "[]\n"


ROUTED = """
class Router:
    def allow_migrate(self, db, app_label, **hints):
        return db == "archive" if app_label == "shop" else None
sys.modules["routers"] = type(sys)("routers")
sys.modules["routers"].Router = Router
"""


def test_another_database_counts_where_a_router_sends_an_app_there(python: Python) -> None:
    _applied(python, "0001_initial")
    archive = '{"default": DATABASE, "archive": {**DATABASE, "NAME": "archive"}}'
    plain = PROJECT.replace('{"default": DATABASE}', archive)
    routed = plain.replace("settings.configure(", f"{ROUTED}settings.configure(DATABASE_ROUTERS=['routers.Router'], ")
    migrate = "call_command('migrate', database='archive', verbosity=0)"
    show = (
        "from django_pyz_runtime.release.migrations import states\n"
        "print([(state.alias, state.missing, [one.names for one in state.ahead]) for state in states()])"
    )
    assert python(routed + show, "shop") == "[('default', (), [])]\n"
    _write("0002_more", dependencies="('shop', '0001_initial')")
    python(routed + migrate, "shop")
    _remove("0002_more")
    assert python(routed + show, "shop") == "[('default', (), []), ('archive', (), [('0002_more',)])]\n"
    assert python(plain + show, "shop") == "[('default', (), [])]\n"
