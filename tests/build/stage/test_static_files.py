"""Static files, collected at build time by the staged tree's own commands, with this Python's own Django."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from django_pyz.stage import static_files, trial_run
from django_pyz.stage.staged_project import StagedProject
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER, Manifest
from django_pyz_runtime.bundle.names import COMMANDS_FILE
from django_pyz_runtime.errors import UserError
from tests.build.stage.staged import MANIFEST, make_staged
from tests.build.trees import write_tree

SETTINGS = """\
from pathlib import Path

SECRET_KEY = ""
USE_TZ = True
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [Path(__file__).parent.parent / "assets"]
"""
PROJECT = {
    "shop/__init__.py": "",
    "shop/settings.py": SETTINGS,
    "assets/site.css": "body { color: black }\n" * 50,
    "assets/note.txt": "x",
}


def _add_static_files(staged: StagedProject) -> tuple[Manifest, list[str]]:
    return static_files.add_static_files(staged, MANIFEST, staged.facts())


def _static_names(staged: StagedProject) -> set[str]:
    root = staged.site_packages / STATIC_FOLDER
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_plain_names_become_hashed_ones_and_the_manifest_says_so(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, PROJECT)

    manifest, notes = _add_static_files(staged)

    assert (manifest.has_static, notes) == (True, [])
    assert list(manifest.sealed) == ["settings.STORAGES.staticfiles.BACKEND"]
    names = json.loads((staged.site_packages / STATIC_FOLDER / "staticfiles.json").read_text())["paths"]
    assert set(names) == {"site.css", "note.txt"}
    assert set(names.values()) <= _static_names(staged)


def test_where_static_files_come_from_is_known(tmp_path: Path) -> None:
    more = """
INSTALLED_APPS += ["shop.apps.ShopConfig", "catalog"]
STATICFILES_DIRS = [BASE / "front/dist", ("lib", BASE / "node_modules/lib")]
MEDIA_ROOT = BASE / "assets/uploads"
WEBPACK_LOADER = {"DEFAULT": {"STATS_FILE": str(BASE / "front/stats.json"), "CACHE": True}}
DJANGO_VITE = {"default": {"manifest_path": BASE / "front/manifest.json"}}
"""
    apps = "from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n    name = 'shop'\n"
    settings = f"{SETTINGS}\nfrom pathlib import Path\nBASE = Path(__file__).parent.parent\n{more}"
    staged = make_staged(
        tmp_path, {**PROJECT, "shop/settings.py": settings, "shop/apps.py": apps, "catalog/__init__.py": ""}
    )

    facts = staged.facts()

    top = staged.project_folder
    own = {Path(path).relative_to(top).as_posix() for path in facts.static if Path(path).is_relative_to(top)}
    folders = {"front/dist", "node_modules/lib", "shop/static", "catalog/static"}
    assert own == {*folders, "front/stats.json", "front/manifest.json"}
    assert str(top / "assets/uploads") in facts.made


def test_a_file_that_becomes_smaller_by_it_is_compressed(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, PROJECT)
    _add_static_files(staged)

    assert "site.css.gz" in _static_names(staged)
    assert "note.txt.gz" not in _static_names(staged)
    packed = (staged.site_packages / STATIC_FOLDER / "site.css.gz").read_bytes()
    assert gzip.decompress(packed).decode() == PROJECT["assets/site.css"]


def test_a_reference_to_a_missing_file_stays_as_it_is(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, {**PROJECT, "assets/site.css": "body { background: url(gone.png) }"})

    manifest, notes = _add_static_files(staged)

    assert (list(manifest.sealed), notes) == (["settings.STORAGES.staticfiles.BACKEND"], [])
    contents = {path.read_text() for path in (staged.site_packages / STATIC_FOLDER).glob("site.*.css")}
    assert [content for content in contents if "gone.png" not in content] == []


LONG = f"{'x' * 240}.css"


@pytest.mark.parametrize(
    ("bad", "content", "reason"),
    [
        ("bad.css", b"a {}\nb { background: url('../../../x.png') }", "line 2: url('../../../x.png') leads out of "),
        ("sub/bad.css", b'@import "../../x.css";', 'line 1: @import "../../x.css" leads out of the static files'),
        ("bad.css", b"/* \xe9t\xe9 */", "'utf-8' codec can't decode byte 0xe9 in position 3"),
        ("bad.css", b"@import url(bad.css);", "it refers to itself, directly or indirectly"),
        (LONG, b"b {}", "its name is too long"),
    ],
)
def test_a_file_that_cannot_be_hashed_keeps_its_name_and_all_others_lose_theirs(
    tmp_path: Path, bad: str, content: bytes, reason: str
) -> None:
    good = f'@import url("{bad}");'
    staged = make_staged(tmp_path, {**PROJECT, "assets/good.css": good, "assets/sub/x.txt": "", "assets/y.css": good})
    (staged.project_folder / "assets" / bad).write_bytes(content)

    manifest, (note,) = _add_static_files(staged)

    assert note.startswith(f"this file keeps its plain name: assets/{bad}: {reason}")
    assert str(tmp_path) not in note
    assert list(manifest.sealed) == ["settings.STORAGES.staticfiles.BACKEND"]
    root = staged.site_packages / STATIC_FOLDER
    names = json.loads((root / "staticfiles.json").read_text())["paths"]
    assert [name for name, hashed in names.items() if name == hashed] == [bad]
    assert (root / names["good.css"]).read_text() == good
    packed = {f"{name}.gz" for name in _static_names(staged)} & _static_names(staged)
    assert _static_names(staged) == {*names, *names.values(), *packed, "staticfiles.json"}


def test_of_files_in_a_circle_those_that_only_lead_to_it_are_hashed(tmp_path: Path) -> None:
    circle = {"assets/a.css": "@import url(b.css);", "assets/b.css": "@import url('/static/a.css');"}
    staged = make_staged(tmp_path, {**PROJECT, **circle, "assets/main.css": "@import url(a.css);"})

    _, notes = _add_static_files(staged)

    names = [f"assets/{name}" for name in ("a.css", "b.css")]
    reason = "it refers to itself, directly or indirectly"
    assert notes == [f"this file keeps its plain name: {name}: {reason}" for name in names]
    paths = json.loads((staged.site_packages / STATIC_FOLDER / "staticfiles.json").read_text())["paths"]
    assert paths["main.css"] != "main.css"


def test_a_project_with_a_storage_of_its_own_keeps_it(tmp_path: Path) -> None:
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    storages = f'STORAGES = {{"staticfiles": {{"BACKEND": "{backend}"}}}}\n'
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + storages})

    manifest, notes = _add_static_files(staged)

    assert (manifest.has_static, manifest.sealed, notes) == (True, {}, [])
    assert "staticfiles.json" in _static_names(staged)


def test_a_project_without_the_app_gets_a_note(tmp_path: Path) -> None:
    text = SETTINGS.replace('"django.contrib.staticfiles"', "")
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": text})

    manifest, notes = _add_static_files(staged)

    assert (manifest, notes) == (MANIFEST, ["no static files: django.contrib.staticfiles is not installed"])
    assert not (staged.site_packages / STATIC_FOLDER).exists()


def test_settings_that_cannot_be_imported_are_told(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": "import no_such_package\n"})

    with pytest.raises(UserError, match=r"(?sm)^cannot import the settings: .*no_such_package'$") as caught:
        _add_static_files(staged)

    assert "The module no_such_package is not installed." in caught.value.hint
    assert "The settings must be importable at build time" in caught.value.hint


def test_settings_that_print_do_not_get_in_the_way(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + 'print("debug is", False)\n'})

    assert staged.facts().staticfiles


def test_the_configuration_of_the_builders_machine_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    staged = make_staged(tmp_path, PROJECT)
    file = write_tree(tmp_path, {"settings.ini": "[settings]\nINSTALLED_APPS =\n"}) / "settings.ini"
    monkeypatch.setenv("SHOP__CONFIG", str(file))
    monkeypatch.setenv("SHOP__SETTINGS__INSTALLED_APPS", "")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path / "nowhere"))
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "no_such_module")

    assert staged.facts().staticfiles


def test_nothing_is_written_into_the_tree_but_static_files_and_a_list_of_commands(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, PROJECT)
    before = set(staged.site_packages.rglob("*"))
    _add_static_files(staged)

    new = {path.relative_to(staged.site_packages).parts[0] for path in set(staged.site_packages.rglob("*")) - before}
    assert new == {STATIC_FOLDER, COMMANDS_FILE}


def test_a_dependency_that_only_the_builder_has_is_missed_at_build_time(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": "import packaging\n" + SETTINGS})

    with pytest.raises(UserError, match="No module named 'packaging'"):
        _add_static_files(staged)


def test_collected_files_that_are_part_of_the_source_are_kept_with_their_entries(tmp_path: Path) -> None:
    """Some projects commit what they collected, and not what it was made from."""
    backend = "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    root = 'STATIC_ROOT = Path(__file__).parent.parent / "static"\n'
    more = f'{root}STORAGES = {{"staticfiles": {{"BACKEND": "{backend}"}}}}\n'
    collected = {"paths": {"app.js": "app.123.js", "site.css": "site.old.css"}, "version": "1.1", "hash": "x"}
    files = {"static/app.123.js": "1", "static/site.old.css": "2", "static/staticfiles.json": json.dumps(collected)}
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + more, **files})

    _add_static_files(staged)

    paths = json.loads((staged.site_packages / STATIC_FOLDER / "staticfiles.json").read_text())["paths"]
    assert set(paths) == {"app.js", "site.css", "note.txt"}
    assert paths["site.css"] != "site.old.css"
    assert set(paths.values()) < _static_names(staged)


def test_a_database_without_a_driver_keeps_nothing_from_being_collected_and_is_told(tmp_path: Path) -> None:
    databases = 'DATABASES = {"default": {"ENGINE": "django.db.backends.mysql", "NAME": "shop"}}\n'
    apps = SETTINGS.replace('["django', '["django.contrib.contenttypes", "django')
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": apps + databases})

    manifest, (note,) = _add_static_files(staged)

    assert manifest.has_static
    assert note.startswith("the database 'default' has no driver in the file: Error loading MySQLdb module")


def test_collected_files_that_are_part_of_the_source_give_way_to_what_is_collected(tmp_path: Path) -> None:
    root = 'STATIC_ROOT = Path(__file__).parent.parent / "static"\n'
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + root, "static/note.txt": "old"})

    _add_static_files(staged)

    assert (staged.site_packages / STATIC_FOLDER / "note.txt").read_text() == "x"


def test_of_an_error_in_the_settings_only_the_project_s_part_is_shown(tmp_path: Path) -> None:
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": "VALUE = 1 / 0\n"})

    with pytest.raises(UserError) as caught:
        staged.facts()

    lines = caught.value.problem.splitlines()
    assert len([line for line in lines if line.startswith('    File "')]) == 1
    assert lines[-1] == "  ZeroDivisionError: division by zero"


WRITING_SETTINGS = """
import lib, os, pathlib
data = pathlib.Path(lib.__file__).with_name("data")
(data / "truncated.txt").write_text("changed")
with open(data / "appended.txt", "a") as file:
    file.write("changed")
os.chmod(data / "mode.txt", 0o600)
os.utime(data / "time.txt", (0, 0))
(data / "read.txt").read_text()
"""


def test_what_the_project_writes_to_is_no_longer_one_with_a_file_of_the_installers_cache(tmp_path: Path) -> None:
    names = ("truncated.txt", "appended.txt", "mode.txt", "time.txt", "read.txt")
    cache = write_tree(tmp_path / "cache", dict.fromkeys(names, "as installed"))
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + WRITING_SETTINGS})
    data = write_tree(staged.site_packages / "lib", {"__init__.py": "", "data/own.txt": ""}) / "data"
    for name in names:
        (data / name).hardlink_to(cache / name)
    before = {name: (cache / name).stat() for name in names}

    staged.facts()

    for name in names:
        after = (cache / name).stat()
        assert (cache / name).read_text() == "as installed"
        assert (after.st_mode, after.st_mtime_ns) == (before[name].st_mode, before[name].st_mtime_ns)
    assert [name for name in names if (data / name).samefile(cache / name)] == ["read.txt"]
    assert (data / "truncated.txt").read_text() == "changed"
    assert (data / "appended.txt").read_text() == "as installedchanged"
    assert (data / "mode.txt").stat().st_mode & 0o777 == 0o600
    assert (data / "time.txt").stat().st_mtime == 0
    assert not list(data.glob("*.own"))


MODEL = "from django.db import models\nclass {name}(models.Model):\n    class Meta:\n        {meta} = True\n"
WITHOUT_MIGRATIONS = {
    "bare/__init__.py": "",
    "bare/models.py": MODEL.format(name="Bare", meta="managed"),
    "empty/__init__.py": "",
    "empty/migrations/__init__.py": "",
    "empty/models.py": MODEL.format(name="Empty", meta="managed"),
    "proxy/__init__.py": "",
    "proxy/models.py": "from bare.models import Bare\n"
    + MODEL.format(name="Proxy(Bare)", meta="proxy").replace("(models.Model)", ""),
    "foreign/__init__.py": "",
    "foreign/models.py": MODEL.format(name="Foreign", meta="managed").replace("True", "False"),
    "chosen/__init__.py": "",
    "chosen/models.py": MODEL.format(name="Chosen", meta="managed"),
    "moved/__init__.py": "",
    "moved/models.py": MODEL.format(name="Moved", meta="managed"),
    "elsewhere/__init__.py": "",
    "elsewhere/0001_initial.py": "",
}


def _unmigrated(tmp_path: Path, more: str = "") -> tuple[StagedProject, dict[str, str], list[str]]:
    """A project with such apps, its files that were left out, and the notes on it."""
    more = f"""
INSTALLED_APPS += ["bare", "empty", "proxy", "foreign", "chosen", "moved", "django.contrib.contenttypes"]
MIGRATION_MODULES = {{"chosen": None, "moved": "elsewhere"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
{more}
"""
    staged = make_staged(tmp_path, {**PROJECT, **WITHOUT_MIGRATIONS, "shop/settings.py": SETTINGS + more})
    left_out = {"empty/migrations/0001_initial.py": "not tracked by git", "bare/tests.py": "not tracked by git"}
    said = "has models but no migrations, so `migrate` creates no tables for it"
    notes = [
        f"the app bare {said}: `manage.py makemigrations bare` writes them",
        f"the app empty {said}: empty/migrations/0001_initial.py was left out (not tracked by git), "
        "--include 'empty/migrations/*.py' adds such files",
    ]
    return staged, left_out, notes


def test_apps_with_models_and_without_migrations_are_named_and_no_others(tmp_path: Path) -> None:
    staged, left_out, notes = _unmigrated(tmp_path)

    assert static_files.add_static_files(staged, MANIFEST, staged.facts(), left_out)[1] == notes


def test_they_are_named_where_there_are_no_static_files(tmp_path: Path) -> None:
    staged, left_out, notes = _unmigrated(tmp_path, "INSTALLED_APPS.remove('django.contrib.staticfiles')")

    said = "no static files: django.contrib.staticfiles is not installed"
    assert static_files.add_static_files(staged, MANIFEST, staged.facts(), left_out)[1] == [said, *notes]


def test_they_are_named_where_none_are_collected(tmp_path: Path) -> None:
    driverless = "DATABASES = {'default': {'ENGINE': 'no_such_driver', 'NAME': 'shop'}}"
    staged, left_out, notes = _unmigrated(tmp_path, driverless)

    assert trial_run.look_at_settings(staged, MANIFEST, tmp_path, left_out).notes == tuple(notes)


def test_apps_that_cannot_be_loaded_are_no_obstacle_where_none_are_collected(tmp_path: Path) -> None:
    staged, left_out, _ = _unmigrated(tmp_path, "INSTALLED_APPS += ['no_such_app']")

    assert trial_run.look_at_settings(staged, MANIFEST, tmp_path, left_out).notes == (
        "apps without migrations are not named, as the apps cannot be loaded here: "
        "ModuleNotFoundError: No module named 'no_such_app'",
    )
