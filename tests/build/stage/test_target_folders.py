"""A build needs neither the folders nor the databases of the machine that the file is made for."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest

from django_pyz.stage import static_files
from django_pyz_runtime.bundle.manifest import STATIC_FOLDER
from tests.build.stage.staged import MANIFEST, make_staged
from tests.build.stage.test_static_files import PROJECT, SETTINGS

NOWHERE = "/sys/shop-of-ours"
"""Nobody can make it, root neither."""
HANDLERS = {
    "file": f'{{"class": "logging.FileHandler", "filename": "{NOWHERE}/app.log"}}',
    "rotating": f'{{"class": "logging.handlers.RotatingFileHandler", "filename": "{NOWHERE}/logs/app.log"}}',
    "timed": f'{{"()": "logging.handlers.TimedRotatingFileHandler", "filename": "{NOWHERE}/logs/app.log"}}',
    "watched": f'{{"class": "logging.handlers.WatchedFileHandler", "filename": "{NOWHERE}/app.log"}}',
    "syslog": f'{{"class": "logging.handlers.SysLogHandler", "address": "{NOWHERE}/log"}}',
    "own": '{"class": "shop.handlers.Own"}',
}
OWN = f"""\
import logging, os, pathlib
class Own(logging.Handler):
    def __init__(self):
        super().__init__()
        open("{NOWHERE}/own.log", "a")
"""
IN_SETTINGS = f"""
import logging, logging.config, os, pathlib
pathlib.Path("{NOWHERE}/a/b").mkdir(parents=True, exist_ok=True)
os.makedirs("{NOWHERE}/c/d")
logging.basicConfig(filename="{NOWHERE}/basic.log")
logging.getLogger("shop").addHandler(logging.FileHandler("{NOWHERE}/c/d/x.log"))
logging.getLogger("shop").error("said")
LOGGING_CONFIG = None
logging.config.dictConfig({{"version": 1, "handlers": {{"one": {HANDLERS["file"]}}}, "root": {{"handlers": ["one"]}}}})
"""


def _logging(handler: str) -> str:
    return f'LOGGING = {{"version": 1, "handlers": {{"one": {handler}}}, "root": {{"handlers": ["one"]}}}}\n'


def _collected(tmp_path: Path, more: str, **files: str) -> tuple[str, ...]:
    """The notes of a build that collects static files."""
    project = {**PROJECT, "shop/settings.py": SETTINGS + more, "shop/handlers.py": OWN, **files}
    staged = make_staged(tmp_path, project)
    manifest, notes = static_files.add_static_files(staged, MANIFEST, staged.facts())
    assert manifest.has_static
    assert (staged.site_packages / STATIC_FOLDER / "staticfiles.json").is_file()
    return tuple(notes)


@pytest.mark.parametrize("handler", HANDLERS)
def test_a_log_handler_for_the_target_machine_does_not_stop_a_build(tmp_path: Path, handler: str) -> None:
    assert _collected(tmp_path, _logging(HANDLERS[handler])) == ()


def test_neither_do_settings_that_make_folders_and_open_logs_there(tmp_path: Path) -> None:
    assert _collected(tmp_path, IN_SETTINGS) == ()


def test_a_log_that_could_be_written_on_this_machine_is_not(tmp_path: Path) -> None:
    here = Path.home() / f".log-of-a-build-{os.getpid()}"
    _collected(tmp_path, _logging(f'{{"class": "logging.FileHandler", "filename": "{here}"}}'))
    assert not here.exists()


def test_a_log_beside_the_code_is_written_so_that_it_is_noticed(tmp_path: Path) -> None:
    log = "import logging\nlogging.FileHandler(Path(__file__).parent / 'x.log')\n"
    staged = make_staged(tmp_path, {**PROJECT, "shop/settings.py": SETTINGS + log})
    staged.facts()
    assert (staged.project_folder / "shop/x.log").is_file()


def test_a_handler_whose_class_is_not_there_still_stops_the_build(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="Unable to configure handler 'one'"):
        _collected(tmp_path, _logging('{"class": "no_such_package.Handler"}'))


@pytest.mark.parametrize(
    ("backend", "expected"),
    [
        ("from django.contrib.contenttypes.models import ContentType", ()),
        (
            "from django.contrib.contenttypes.models import ContentType\nimport no_such_driver",
            ("the database 'default' has no driver in the file: ",),
        ),
        (
            "raise OSError('no client library')",
            ("the database 'default' has no driver in the file: no client library",),
        ),
    ],
)
def test_a_backend_that_cannot_be_loaded_before_the_apps_does_not_stop_a_build(
    tmp_path: Path, backend: str, expected: tuple[str, ...]
) -> None:
    base = f"{backend}\nfrom django.db.backends.sqlite3.base import *\n"
    apps = 'INSTALLED_APPS += ["django.contrib.contenttypes", "django.contrib.auth"]\n'
    more = f'{apps}DATABASES = {{"default": {{"ENGINE": "shop.backend"}}}}\n'

    notes = _collected(tmp_path, more, **{"shop/backend/__init__.py": "", "shop/backend/base.py": base})

    assert len(notes) == len(expected)
    assert all(note.startswith(start) for note, start in zip(notes, expected, strict=True)), notes


def test_python_s_logging_is_what_it_was() -> None:
    """What is replaced in the build's own process would be in ours, too."""
    assert logging.FileHandler._open.__module__ == "logging"
