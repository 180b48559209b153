"""A build writes static files to its own folder only, whatever storage the project has."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from django_pyz.stage import static_files
from django_pyz.stage.staged_project import StagedProject
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER
from tests.build.stage.staged import MANIFEST, make_staged
from tests.build.stage.test_static_files import PROJECT, SETTINGS

STORAGES = """\
import pathlib, socket
from django.contrib.staticfiles.storage import ManifestFilesMixin, StaticFilesStorage
from django.core.files.storage import Storage
from django.utils.functional import cached_property

def upload():
    socket.create_connection(("127.0.0.1", int(pathlib.Path(__file__).with_name("port").read_text()))).close()

class Bucket(Storage):
    def _save(self, name, content):
        upload()
        return name
    def exists(self, name):
        return False
    def url(self, name):
        return name

class WithManifest(ManifestFilesMixin, Bucket):
    def __init__(self):
        super().__init__(manifest_storage=StaticFilesStorage())

class WithCredentials(Bucket):
    def __init__(self):
        raise KeyError("AWS_SECRET_ACCESS_KEY")

class AlsoUploads(StaticFilesStorage):
    def _save(self, name, content):
        upload()
        return super()._save(name, content)

class UploadsLater(StaticFilesStorage):
    def post_process(self, paths, dry_run=False, **options):
        try:
            upload()
        except OSError:
            pass
        yield from ()
"""


@pytest.fixture
def port() -> Iterator[int]:
    """One that nobody may connect to, which is checked afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()


def _staged(tmp_path: Path, storage: str, port: int, more: str = "") -> StagedProject:
    setting = f'STORAGES = {{"staticfiles": {{"BACKEND": "{storage}"}}}}\n{more}'
    files = {"shop/settings.py": SETTINGS + setting, "shop/storages.py": STORAGES, "shop/port": str(port)}
    return make_staged(tmp_path, {**PROJECT, **files})


@pytest.mark.parametrize("name", ["Bucket", "WithManifest", "WithCredentials", "AlsoUploads", "UploadsLater"])
def test_a_storage_that_is_elsewhere_gets_nothing_from_a_build(tmp_path: Path, port: int, name: str) -> None:
    staged = _staged(tmp_path, f"shop.storages.{name}", port)

    manifest, notes = static_files.add_static_files(staged, MANIFEST, staged.facts())

    assert manifest == MANIFEST
    assert notes == [
        f"shop.storages.{name} stores static files elsewhere; a build does not upload them: "
        "`shop collectstatic` puts them there"
    ]
    assert not (staged.site_packages / STATIC_FOLDER).exists()


@pytest.mark.parametrize("kind", ["StaticFilesStorage", "ManifestStaticFilesStorage"])
def test_a_folder_other_than_static_root_gets_nothing_either(tmp_path: Path, port: int, kind: str) -> None:
    place = tmp_path / "srv"
    more = f'STORAGES["staticfiles"]["OPTIONS"] = {{"location": "{place}"}}\n'
    staged = _staged(tmp_path, f"django.contrib.staticfiles.storage.{kind}", port, more)

    manifest, notes = static_files.add_static_files(staged, MANIFEST, staged.facts())

    assert (manifest, len(notes)) == (MANIFEST, 1)
    assert not place.exists()


def test_a_storage_whose_folder_is_static_root_follows_it(tmp_path: Path, port: int) -> None:
    more = 'STATIC_ROOT = "/srv/static"\nSTORAGES["staticfiles"]["OPTIONS"] = {"location": STATIC_ROOT}\n'
    staged = _staged(tmp_path, "django.contrib.staticfiles.storage.StaticFilesStorage", port, more)

    manifest, notes = static_files.add_static_files(staged, MANIFEST, staged.facts())

    assert (manifest.has_static, notes) == (True, [])
    assert (staged.site_packages / STATIC_FOLDER / "staticfiles.json").is_file()


def test_a_storage_that_cannot_be_imported_stops_the_build(tmp_path: Path, port: int) -> None:
    staged = _staged(tmp_path, "shop.storages.Gone", port)
    with pytest.raises(Exception, match="Gone"):
        static_files.add_static_files(staged, MANIFEST, staged.facts())


def test_what_compresses_into_a_bucket_is_not_run(tmp_path: Path, port: int) -> None:
    more = """
INSTALLED_APPS += ["compressor"]
STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder", "compressor.finders.CompressorFinder"]
COMPRESS_STORAGE, COMPRESS_OFFLINE, COMPRESS_ENABLED = "shop.storages.Bucket", True, True
"""
    staged = _staged(tmp_path, "django.contrib.staticfiles.storage.StaticFilesStorage", port, more)
    for name in ("appconf", "compressor", "rcssmin", "rjsmin"):
        (staged.site_packages / name).symlink_to(Path(import_module(name).__file__ or "").parent)

    manifest, notes = static_files.add_static_files(staged, MANIFEST, staged.facts())

    assert manifest.has_static
    assert "settings.COMPRESS_OFFLINE" not in manifest.sealed
    assert notes == [
        "shop.storages.Bucket stores static files elsewhere; a build does not upload them: "
        "`shop compress` puts them there"
    ]
