"""What a start says of the databases."""

from __future__ import annotations

import os
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.runtime.conftest import run_as

NOBODY = 65534
IMPORTS = """
import sqlite3, pwd, shlex, sys
import django
from django.conf import settings
DATABASE = {"ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}
settings.configure(INSTALLED_APPS=[], DATABASES={"default": DATABASE})
django.setup()
from django.db import connections
from django.db.migrations import executor
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.serve.edge import checks
from pathlib import Path
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.release import migrations
manifest = Manifest("shop", "shop", "shop.settings", ("__project__",), "3.11")
bundle = Bundle(Path("/shop"), Path("/tree/site-packages"), "0" * 64, manifest)
connections["default"].ensure_connection()
connections["default"].close()
"""
CHECK = """
try:
    checks.check_database(bundle, "shop")
    print("content")
except UserError as error:
    print(error)
"""


@pytest.mark.needs("root")
def test_a_database_that_can_be_read_only_is_told_and_what_is_told_helps(open_folder: Path) -> None:
    folder = open_folder / "data"
    folder.mkdir()
    path = folder / "db.sqlite3"
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode = WAL")
        made.execute("CREATE TABLE made (by_root)")
        made.commit()
        # While root has it open, files of root's lie beside it; a root that is killed leaves them.
        for mine in (folder, path):
            os.chown(mine, NOBODY, NOBODY)
        said = run_as(NOBODY, IMPORTS, CHECK, path)
        assert said.startswith(
            f"the database {path} can be read, but not written: attempt to write a readonly database\n"
        )
        assert f"ls -la {folder}; findmnt -T {folder}" in said
        subprocess.run(["sh", "-c", f"ls -la {folder}; findmnt -T {folder} || true"], check=True, capture_output=True)
        for mine in folder.iterdir():
            os.chown(mine, NOBODY, NOBODY)
        assert run_as(NOBODY, IMPORTS, CHECK, path).endswith("content\n")
