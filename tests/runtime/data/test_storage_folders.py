"""Relative folders of Django's storages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.data.relative_folders import in_data
from tests.runtime.conftest import Python

DATA = Path("/var/lib/shop")


@pytest.mark.parametrize(
    ("location", "found"),
    [
        ("csv_tmp/", "/var/lib/shop/csv_tmp"),
        ("./a/b", "/var/lib/shop/a/b"),
        (Path("exports"), Path("/var/lib/shop/exports")),
        ("kept", "/var/lib/shop/kept"),
        ("shipped", "shipped"),
        ("/srv/exports", "/srv/exports"),
        ("../beside", "../beside"),
        (".", "."),
        ("", ""),
        (None, None),
    ],
)
def test_a_folder_of_which_the_project_ships_nothing_is_in_the_data_folder(
    location: Any, found: Any, tmp_path: Path
) -> None:
    (tmp_path / "shipped").mkdir()
    (tmp_path / "shipped" / "terms.pdf").touch()
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / ".gitkeep").touch()
    assert in_data(location, tmp_path, DATA) == found


def test_storages_of_django_and_of_its_subclasses_follow_and_deconstruct_as_written(
    python: Python, tmp_path: Path
) -> None:
    code = """
import sys
from pathlib import Path
from django.conf import settings
settings.configure(MEDIA_ROOT="/srv/media")
from django.core.files import storage
from django_pyz_runtime.data import relative_folders
module = sys.modules[relative_folders.STORAGE_MODULE]
relative_folders.keep_in_data(module, Path.cwd(), Path("/var/lib/shop"))
class Own(storage.FileSystemStorage):
    def __init__(self):
        super().__init__(location="own")
made = storage.FileSystemStorage(location="csv/")
print(made.path("a.csv"), Own().location, storage.FileSystemStorage().location, made.deconstruct()[2])
"""
    assert python(code) == "/var/lib/shop/csv/a.csv /var/lib/shop/own /srv/media {'location': 'csv/'}\n"
