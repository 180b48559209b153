"""What is read from a manage.py without running it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz.project import manage_py
from django_pyz_runtime.errors import UserError
from tests.build.trees import PLAIN_MANAGE_PY


def _read(folder: Path, text: str) -> manage_py.ManagePy:
    path = folder / "manage.py"
    path.write_text(text, encoding="utf-8")
    return manage_py.read(path)


def test_the_one_that_this_django_writes_is_plain(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "django", "startproject", "shop", tmp_path], check=True)

    assert manage_py.read(tmp_path / "manage.py") == manage_py.ManagePy(("shop.settings",), True, {}, (), ())


@pytest.mark.parametrize(
    "statement",
    [
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")',
        'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"',
        'environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")',
        'if True:\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")',
    ],
)
def test_the_settings_module_is_found(tmp_path: Path, statement: str) -> None:
    assert _read(tmp_path, statement).settings_modules == ("shop.settings",)


@pytest.mark.parametrize(
    "statement",
    [
        "",
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", find())',
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"shop.{stage}")',
        'os.environ.setdefault("OTHER", "shop.settings")',
        'os.environ["OTHER"] = "shop.settings"',
        '"DJANGO_SETTINGS_MODULE"',
    ],
)
def test_what_is_no_literal_for_the_variable_is_no_settings_module(tmp_path: Path, statement: str) -> None:
    assert _read(tmp_path, statement).settings_modules == ()


@pytest.mark.parametrize(
    "statement",
    [
        "import dotenv",
        "from dotenv import load_dotenv",
        "from . import paths",
        'sys.path.insert(0, "apps")',
        'os.environ["DEBUG"] = "1"',
        'os.environ.setdefault("STAGE", "production")',
        "for part in sys.path:\n    pass",
        "with open(__file__):\n    pass",
        'sys.argv += ["check"]',
        "del sys.path[0]",
        'print("hello")',
    ],
)
def test_one_that_does_more_is_not_plain(tmp_path: Path, statement: str) -> None:
    assert not _read(tmp_path, f"{PLAIN_MANAGE_PY}\n{statement}\n").is_plain


def test_comments_and_another_layout_leave_it_plain(tmp_path: Path) -> None:
    assert _read(tmp_path, f'#!/usr/bin/env python3\n"""Words."""\n# More.\n{PLAIN_MANAGE_PY}').is_plain


def test_it_is_never_run(tmp_path: Path) -> None:
    _read(tmp_path, f'open({str(tmp_path / "ran")!r}, "w")\n')

    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("content", [b"def main(:\n", b"\0", b"# coding: no-such-codec\n"])
def test_what_is_no_python_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "manage.py"
    path.write_bytes(content)

    with pytest.raises(UserError, match=rf"^{path}: cannot be read as Python"):
        manage_py.read(path)


@pytest.mark.parametrize(
    "statement",
    [
        'os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.environ.get("STAGE", "shop.settings"))',
        'os.environ["DJANGO_SETTINGS_MODULE"] = os.getenv("MODULE") or "shop.settings"',
        'if "test" in sys.argv:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.testing"\n'
        'else:\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")',
        'os.environ["DJANGO_SETTINGS_MODULE"] = "shop.testing" if sys.argv[1] == "test" else "shop.settings"',
    ],
)
def test_the_settings_module_of_any_command_line_is_among_those_found(tmp_path: Path, statement: str) -> None:
    found = _read(tmp_path, statement).settings_modules

    assert "shop.settings" in found
    assert "shop.testing" not in found


def test_a_settings_module_for_some_command_lines_counts_where_there_is_no_other(tmp_path: Path) -> None:
    statement = 'if "help" in sys.argv:\n    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"'

    assert _read(tmp_path, statement).settings_modules == ("shop.settings",)


def test_other_variables_with_literal_values_are_found(tmp_path: Path) -> None:
    text = """
os.environ.setdefault("DJANGO_CONFIGURATION", "Live")
os.environ["MANAGE"] = "1"
os.environ["HOME"] = find_home()
options["COLOR"] = "red"
options.setdefault("SIZE", "9")
"""
    assert _read(tmp_path, text).variables == {"DJANGO_CONFIGURATION": "Live", "MANAGE": "1"}


def test_the_folders_that_it_adds_to_the_path_are_found(tmp_path: Path) -> None:
    text = 'sys.path.insert(0, os.path.join(os.path.dirname(__file__), "apps"))\nsys.path.append("lib")'

    found = _read(tmp_path, text)

    assert (found.first_paths, found.last_paths) == ((tmp_path / "apps",), (tmp_path / "lib",))
