"""SQLite databases that cannot be written, told with what root does about it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from django_pyz_runtime.data.database_files import unwritable
from tests.runtime.conftest import Python, run_as

SQLITE = "django.db.backends.sqlite3"
IMPORTS = "import os, pwd, shlex, sys\nfrom django_pyz_runtime.data.database_files import unwritable"
TELL = f"""
told = unwritable({{"default": {{"ENGINE": "{SQLITE}", "NAME": sys.argv[1]}}}})
print(told.problem + chr(10) + told.hint if told else "")
"""
NOBODY = 65534


def test_a_folder_that_is_not_there_is_made_by_what_is_told(tmp_path: Path) -> None:
    databases = {"default": {"ENGINE": SQLITE, "NAME": tmp_path / "new folder" / "db.sqlite3"}}
    told = unwritable(databases)
    assert told is not None
    assert (
        told.problem
        == f"the database 'default', {tmp_path}/new folder/db.sqlite3: there is no folder {tmp_path}/new folder"
    )
    subprocess.run(["sh", "-c", told.hint.removeprefix("As root: ")], check=True)
    assert unwritable(databases) is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes another user")
@pytest.mark.parametrize("of_root", ["folder", "file"])
def test_what_root_has_made_is_given_to_the_user_by_what_is_told(of_root: str, tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents):
        if folder.stat().st_uid == 0 and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o011)
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    database = data / "db.sqlite3"
    database.touch(0o644)
    if of_root == "file":
        os.chown(data, NOBODY, -1)

    said = run_as(NOBODY, IMPORTS, TELL, str(database))
    assert "cannot write it" in said
    assert "(owner root, mode 0" in said
    subprocess.run(["sh", "-c", said.partition("As root: ")[2]], check=True)
    assert run_as(NOBODY, IMPORTS, TELL, str(database)).strip() == ""


@pytest.mark.parametrize(
    "database",
    [
        {"ENGINE": SQLITE, "NAME": ":memory:"},
        {"ENGINE": SQLITE, "NAME": "file:/nowhere/x?mode=ro"},
        {"ENGINE": "django.db.backends.postgresql", "NAME": "/nowhere/x"},
        {"ENGINE": SQLITE},
    ],
)
def test_other_databases_are_left_alone(database: dict[str, str]) -> None:
    assert unwritable({"default": database}) is None


def test_an_error_of_the_database_is_told_by_its_reason_and_others_are_not(python: Python, tmp_path: Path) -> None:
    code = f"""
from django.conf import settings
settings.configure(DATABASES={{"default": {{"ENGINE": "{SQLITE}", "NAME": "{tmp_path}/missing/db.sqlite3"}}}})
from django.db import connection, OperationalError
from django_pyz_runtime.commands.management import _told_database
try:
    connection.ensure_connection()
except OperationalError as error:
    print(_told_database(error).problem)
print(_told_database(ValueError("x")))
"""
    folder = f"{tmp_path}/missing"
    said = f"the database 'default', {folder}/db.sqlite3: there is no folder {folder}\nNone\n"
    assert python(code) == said
