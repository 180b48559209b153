"""Writable paths, moved out of the code."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.relocation import Move, Relocator

SITE = Path("/cache/build/site-packages")
BASE = SITE / "__project__"
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
    """Moves what lies in SITE to tmp_path/data."""
    return Relocator(SITE, BASE, tmp_path / "data")


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


@pytest.mark.parametrize("path", ["/srv/x", Path("/srv/x"), f"{SITE}-other/x", str(SITE.parent / "x")])
def test_a_path_elsewhere_stays(path: str | Path, relocator: Relocator) -> None:
    for settings, name in (param.values for param in settings_with(path)):
        assert relocator.relocate(settings) == []
        assert look_up(settings, name) == path
    assert not relocator.data_dir.exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("db.sqlite3", "db.sqlite3"),
        (str(BASE / "myproj/../db.sqlite3"), "db.sqlite3"),
        (str(BASE / "../db.sqlite3"), "db.sqlite3"),
        (str(SITE / "app/db.sqlite3"), "app/db.sqlite3"),
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
    assert len(Relocator(SITE, BASE, tmp_path / "data").relocate(settings)) == 1
