"""Writable paths, moved out of the code."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.data.relocation import Move, Relocator

TREE = Path("/cache/build")
SITE = TREE / "site-packages"
BASE = TREE / "__project__"
SQLITE = "django.db.backends.sqlite3"
FILE_CACHE = "django.core.cache.backends.filebased.FileBasedCache"


def settings_with(path: Any) -> list[Any]:
    """Settings that hold the path in each place where it is written to, and the way to it."""
    return [
        pytest.param({"MEDIA_ROOT": path}, "MEDIA_ROOT", id="media"),
        pytest.param({"FILE_UPLOAD_TEMP_DIR": path}, "FILE_UPLOAD_TEMP_DIR", id="uploads"),
        pytest.param({"EMAIL_FILE_PATH": path}, "EMAIL_FILE_PATH", id="email"),
        pytest.param({"SESSION_FILE_PATH": path}, "SESSION_FILE_PATH", id="sessions"),
        pytest.param(
            {"DATABASES": {"default": {"ENGINE": SQLITE, "NAME": path}}}, "DATABASES.default.NAME", id="sqlite"
        ),
        pytest.param(
            {"DATABASES": {"default": {"ENGINE": SQLITE, "NAME": ":memory:", "TEST": {"NAME": path}}}},
            "DATABASES.default.TEST.NAME",
            id="sqlite for tests",
        ),
        pytest.param({"CACHES": {"c": {"BACKEND": FILE_CACHE, "LOCATION": path}}}, "CACHES.c.LOCATION", id="cache"),
        pytest.param(
            {"STORAGES": {"default": {"OPTIONS": {"location": path}}}},
            "STORAGES.default.OPTIONS.location",
            id="storage",
        ),
        pytest.param({"LOGGING": {"handlers": {"f": {"filename": path}}}}, "LOGGING.handlers.f.filename", id="log"),
    ]


def look_up(settings: dict[str, Any], name: str) -> Any:
    found: Any = settings
    for part in name.split("."):
        found = found[part]
    return found


@pytest.fixture
def relocator(tmp_path: Path) -> Relocator:
    """Moves what lies in TREE to tmp_path/data."""
    return Relocator(TREE, BASE, tmp_path / "data")


@pytest.mark.parametrize(("settings", "name"), settings_with(BASE / "var/x"))
def test_a_path_in_the_code_is_moved_and_stays_a_path(
    settings: dict[str, Any], name: str, relocator: Relocator
) -> None:
    before = copy.deepcopy(settings)
    after = relocator.data_dir / "var/x"
    namespace = dict(settings)
    assert relocator.relocate(namespace) == [Move(name, str(BASE / "var/x"), str(after))]
    assert (look_up(namespace, name), type(look_up(namespace, name))) == (after, type(after))
    assert after.parent.is_dir()
    assert {key: value for key, value in settings.items() if isinstance(value, dict)} == {
        key: value for key, value in before.items() if isinstance(value, dict)
    }


@pytest.mark.parametrize(("settings", "name"), settings_with(str(BASE / "var/x")))
def test_a_text_in_the_code_is_moved_and_stays_a_text(
    settings: dict[str, Any], name: str, relocator: Relocator
) -> None:
    relocator.relocate(settings)
    assert look_up(settings, name) == str(relocator.data_dir / "var/x")


@pytest.mark.parametrize("path", ["/srv/x", Path("/srv/x"), f"{TREE}-other/x", str(TREE.parent / "x")])
def test_a_path_elsewhere_stays(path: str | Path, relocator: Relocator) -> None:
    for settings, name in (param.values for param in settings_with(path)):
        assert relocator.relocate(settings) == []
        assert look_up(settings, name) == path
    assert not relocator.data_dir.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("db.sqlite3", "db.sqlite3"),
        ("../db.sqlite3", "db.sqlite3"),
        (str(BASE / "myproj/../db.sqlite3"), "db.sqlite3"),
        (str(BASE / "../db.sqlite3"), "db.sqlite3"),
        (str(SITE / "app/db.sqlite3"), "app/db.sqlite3"),
        (str(TREE / "app/db.sqlite3"), "app/db.sqlite3"),
    ],
)
def test_a_path_keeps_its_relative_place(before: str, after: str, relocator: Relocator) -> None:
    settings: dict[str, Any] = {"DATABASES": {"default": {"ENGINE": SQLITE, "NAME": before}}}
    relocator.relocate(settings)
    assert settings["DATABASES"]["default"]["NAME"] == str(relocator.data_dir / after)


@pytest.mark.parametrize("name", ["MEDIA_ROOT", "FILE_UPLOAD_TEMP_DIR", "EMAIL_FILE_PATH", "SESSION_FILE_PATH"])
def test_a_folder_that_django_expects_is_made(name: str, relocator: Relocator) -> None:
    relocator.relocate({name: str(BASE / "a/b")})
    assert (relocator.data_dir / "a/b").is_dir()


@pytest.mark.parametrize(
    "settings",
    [
        {"DATABASES": {"default": {"ENGINE": SQLITE, "NAME": ":memory:"}}},
        {"DATABASES": {"default": {"ENGINE": SQLITE, "NAME": "file:x?mode=memory"}}},
        {"DATABASES": {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "x"}}},
        {"DATABASES": {"default": {}}},
        {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "x"}}},
        {"STORAGES": {"staticfiles": {"OPTIONS": {"location": str(BASE / "static")}}}},
        {"STORAGES": {"default": {"BACKEND": "x"}}},
        {"LOGGING": {"handlers": {"console": {"class": "logging.StreamHandler"}}}},
        {"FILE_UPLOAD_TEMP_DIR": None},
        {"EMAIL_FILE_PATH": 1},
        {"STATIC_ROOT": str(BASE / "static"), "TEMPLATES": [{"DIRS": [BASE]}]},
        {"DATABASES": None, "CACHES": [], "LOGGING": None},
    ],
)
def test_what_is_no_writable_path_stays(settings: dict[str, Any], relocator: Relocator) -> None:
    settings = {**settings, "MEDIA_ROOT": "/srv/media"}
    before = copy.deepcopy(settings)
    assert relocator.relocate(settings) == []
    assert settings == before


@pytest.mark.parametrize("settings", [{}, {"MEDIA_ROOT": ""}])
def test_a_media_root_that_is_not_set_is_not_the_current_folder(settings: dict[str, str], relocator: Relocator) -> None:
    settings = dict(settings)
    relocator.relocate(settings)
    assert settings == {"MEDIA_ROOT": str(relocator.data_dir / "media")}


def test_a_data_folder_that_cannot_be_made_is_left_to_whoever_uses_it(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    settings: dict[str, Any] = {"MEDIA_ROOT": BASE / "media"}
    assert len(Relocator(TREE, BASE, tmp_path / "data").relocate(settings)) == 1


@pytest.fixture
def unpacked(tmp_path: Path) -> Relocator:
    """As `relocator`, for a tree that is there."""
    bundle = tmp_path / "tree"
    for name in (
        "shop/__init__.py",
        "notes.txt",
        "uploads/.gitkeep",
        "var/README.md",
        "var/logs/.gitignore",
        "logos/shop.png",
    ):
        (bundle / "__project__" / name).parent.mkdir(parents=True, exist_ok=True)
        (bundle / "__project__" / name).touch()
    return Relocator(bundle, bundle / "__project__", tmp_path / "data")


def moved(relocator: Relocator, **settings: Any) -> dict[str, Any]:
    """The settings that are changed, as they are then."""
    namespace = {"MEDIA_ROOT": "/srv/media", **settings}
    relocator.relocate(namespace)
    return {name: value for name, value in namespace.items() if value != settings.get(name, "/srv/media")}


@pytest.mark.parametrize("name", ["new", "new/deeper.txt", "uploads", "uploads/2024", "var"])
def test_any_setting_is_moved_whose_path_the_tree_has_nothing_at(unpacked: Relocator, name: str) -> None:
    path, after = unpacked.project_folder / name, unpacked.data_dir / name

    assert moved(unpacked, ANY_PATH=path, ANY_TEXT=str(path)) == {"ANY_PATH": after, "ANY_TEXT": str(after)}


@pytest.mark.parametrize("name", ["shop", "shop/__init__.py", "notes.txt", "logos", ".", "../__project__", ".."])
def test_what_the_tree_has_is_read_from_there(unpacked: Relocator, name: str) -> None:
    path = unpacked.project_folder / name

    assert moved(unpacked, ANY_PATH=path, ANY_TEXT=str(path), ANY_DICT={"path": path}) == {}


def test_any_setting_is_moved_inside_dictionaries_and_lists_of_them(unpacked: Relocator) -> None:
    path, after = unpacked.project_folder / "new", unpacked.data_dir / "new"
    deep = {"a": {"B": path}, "list": [{"c": str(path)}, "x"], "tuple": ({"d": path},), 1: path}

    assert moved(unpacked, DEEP=deep) == {
        "DEEP": {"a": {"B": after}, "list": [{"c": str(after)}, "x"], "tuple": ({"d": after},), 1: after}
    }
    assert deep == {"a": {"B": path}, "list": [{"c": str(path)}, "x"], "tuple": ({"d": path},), 1: path}


def test_a_move_inside_says_the_way(unpacked: Relocator) -> None:
    path = unpacked.project_folder / "new"
    moves = unpacked.relocate({"MEDIA_ROOT": "/srv/media", "DEEP": {"a": [{"B": path}]}})

    assert moves == [Move("DEEP.a.0.B", str(path), str(unpacked.data_dir / "new"))]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///{}",
        "db+sqlite:///{}?timeout=20",
        "file://{}",
        "file:{}?mode=rwc#x",
        "filesystem://{}",
        "sqlalchemy+sqlite:///{}",
    ],
)
def test_a_path_at_the_end_of_a_url_is_moved(unpacked: Relocator, url: str) -> None:
    before, after = (url.format(folder / "new.db") for folder in (unpacked.project_folder, unpacked.data_dir))

    assert moved(unpacked, BROKER=before, CELERY={"result_backend": before}) == {
        "BROKER": after,
        "CELERY": {"result_backend": after},
    }


@pytest.mark.parametrize("url", ["sqlite:///{}/notes.txt", "https://example.org{}/new", "see {}/new", "sqlite:///db"])
def test_other_texts_stay(unpacked: Relocator, url: str) -> None:
    assert moved(unpacked, ANY=url.format(unpacked.project_folder)) == {}


@pytest.mark.parametrize(
    "name",
    [
        "STATIC_ROOT",
        "COMPRESS_ROOT",
        "STATICFILES_DIRS",
        "TEMPLATES",
        "LOCALE_PATHS",
        "FIXTURE_DIRS",
        "BASE_DIR",
        "lower",
    ],
)
def test_a_place_to_read_from_stays(unpacked: Relocator, name: str) -> None:
    path = unpacked.project_folder / "new"

    assert moved(unpacked, **{name: path}) == {}
    assert moved(unpacked, **{name: [{"DIRS": [path], "path": str(path)}]}) == {}
    assert moved(unpacked, **{"SEARCHED": [path, str(path)]}) == {}


def test_objects_are_not_touched(unpacked: Relocator) -> None:
    class Explosive:
        def __getattribute__(self, name: str) -> Any:
            raise AssertionError(name)

    class Text(str):
        pass

    path = f"{unpacked.project_folder}/new"
    settings = {"LAZY": Explosive(), "CLASS": Explosive, "TEXT": Text(path), "SET": {path}, "IN": {"A": Explosive()}}

    assert unpacked.relocate({"MEDIA_ROOT": "/srv/media", **settings}) == []


def test_dictionaries_that_hold_themselves_are_no_trap(unpacked: Relocator) -> None:
    loop: dict[str, Any] = {}
    loop["loop"] = loop

    assert unpacked.relocate({"MEDIA_ROOT": "/srv/media", "LOOP": loop}) == []


def test_a_slash_at_the_end_stays(unpacked: Relocator) -> None:
    settings = {"MEDIA_ROOT": f"{unpacked.project_folder}/m/", "OTHER": f"{unpacked.project_folder}/o/"}

    assert moved(unpacked, **settings) == {
        "MEDIA_ROOT": f"{unpacked.data_dir}/m/",
        "OTHER": f"{unpacked.data_dir}/o/",
    }


@pytest.mark.parametrize(
    ("name", "path", "made"),
    [
        ("EXPORT_DIR", "a/exports", "a/exports"),
        ("EXPORTS", "a/exports", "a"),
        ("EXPORTS", "a/exports/", "a/exports"),
        ("REPORT_PATH", "a/report.pdf", "a"),
        ("KEY_PATH", "a/key", "a"),
        ("TOKEN_FILE", "a/token", "a"),
        ("WHEREVER", "uploads", "uploads"),
        ("WHEREVER", "var", "var/logs"),
    ],
)
def test_the_folders_that_are_sure_to_be_needed_are_made(unpacked: Relocator, name: str, path: str, made: str) -> None:
    unpacked.relocate({"MEDIA_ROOT": "/srv/media", name: f"{unpacked.project_folder}/{path}"})

    deepest = [folder for folder in unpacked.data_dir.rglob("*") if not any(folder.iterdir())]
    assert deepest == [unpacked.data_dir / made]


def test_settings_built_on_the_static_root_follow_it(unpacked: Relocator) -> None:
    before = unpacked.project_folder / "staticfiles"
    relocator = Relocator(unpacked.tree, unpacked.project_folder, unpacked.data_dir, static_root=f"{before}/")
    settings = {"STATIC_ROOT": "/srv/static", "VITE": {"manifest_path": before / "manifest.json"}}

    assert moved(relocator, **settings) == {"VITE": {"manifest_path": Path("/srv/static/manifest.json")}}
    assert not relocator.data_dir.exists()


@pytest.mark.parametrize(
    ("static_root", "place"),
    [
        ("/srv/static/", "/srv/static"),
        ("{project}/staticfiles", "{data}/staticfiles"),
        ("{project}/var", "{data}/var"),
        ("{project}/shop", None),
        ("{project}", None),
        ("static", None),
        ("", None),
    ],
)
def test_where_nothing_is_built_in_static_files_are_collected_to_the_project_s_own_place(
    unpacked: Relocator, static_root: str, place: str | None
) -> None:
    places = {"project": unpacked.project_folder, "data": unpacked.data_dir}
    (unpacked.project_folder / "shop").mkdir(exist_ok=True)
    (unpacked.project_folder / "shop/site.css").touch()
    relocator = unpacked._replace(static_root=static_root.format(**places))

    assert relocator.place_to_collect() == (None if place is None else Path(place.format(**places)))


def test_static_files_are_collected_from_where_a_setting_that_fills_their_folder_was_moved(
    relocator: Relocator,
) -> None:
    icons = BASE / "data" / "icons"
    namespace: dict[str, Any] = {"ICON_DIR": str(icons), "STATICFILES_DIRS": [icons, ("x", "/srv/x"), "/srv/y"]}

    relocator.relocate(namespace)

    assert namespace["STATICFILES_DIRS"] == [namespace["ICON_DIR"], ("x", "/srv/x"), "/srv/y"]


@pytest.mark.parametrize(
    ("settings", "path"),
    [
        ("PIPELINE", "node_modules/.bin/terser"),
        ("VITE_MANIFEST_PATH", "web/manifest.json"),
        ("MAKE_BINARY", "bin/make"),
        ("ICONS", "shop/static/icons"),
    ],
)
def test_what_a_front_end_build_makes_is_no_data(settings: str, path: str, relocator: Relocator) -> None:
    namespace = {settings: str(BASE / path)}

    assert relocator.relocate(namespace) == []
    assert namespace[settings] == str(BASE / path)
