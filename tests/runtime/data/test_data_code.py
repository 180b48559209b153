"""Code out of a data folder that another user could have written is refused, however it is about to run."""

from __future__ import annotations

import os
import py_compile
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

import django_pyz_runtime
from tests.runtime.conftest import clean_environment
from tests.waiting import DEADLINE_SECONDS

SOURCE = str(Path(django_pyz_runtime.__file__).parent.parent)
GUARDED = """
import pathlib, sys
from django_pyz_runtime.data import data_code
from django_pyz_runtime.errors import UserError
data_code.guard([pathlib.Path("tree").resolve()], pathlib.Path("data"))
try:
    {statement}
except UserError as error:
    print("refused", error)
"""
# Hooks cannot be taken out again, so each trial has a process of its own.
DEEP = "shop/plugins/of/them/card.py"
STATEMENTS = {
    "a deeper package": ("sys.path.insert(0, 'data'); import shop.plugins.of.them.card", DEEP),
    "a link to it": ("sys.path.insert(0, 'linked'); import of.them.card", DEEP),
    "a script": (f"import runpy; runpy.run_path('data/{DEEP}')", DEEP),
    "settings": (f"exec(compile(open('data/{DEEP}').read(), 'data/{DEEP}', 'exec'))", DEEP),
    "bytecode": ("sys.path.insert(0, 'data'); import compiled", "compiled.pyc"),
    "bytecode that is run": ("import runpy; runpy.run_path('data/compiled.pyc')", "compiled.pyc"),
    "bytecode beside a source": (
        "sys.path.insert(0, 'data'); import cached",
        f"__pycache__/cached.{sys.implementation.cache_tag}.pyc",
    ),
    "an extension module": (
        "sys.path.insert(0, 'data'); import _data_code_test",
        f"_data_code_test{EXTENSION_SUFFIXES[0]}",
    ),
}


@pytest.fixture
def folder(open_folder: Path) -> Path:
    """Code, and data with modules among it; whoever runs one sees it."""
    (open_folder / "tree").mkdir()
    data = open_folder / "data"
    deep = data / DEEP
    deep.parent.mkdir(parents=True)
    (open_folder / "linked").symlink_to(data / "shop/plugins")
    deep.write_text("print('ran')\n")
    # The source that bytecode says it is of can be any.
    py_compile.compile(str(deep), cfile=str(data / "compiled.pyc"), dfile=f"{os.path.dirname(os.__file__)}/json.py")
    (data / "cached.py").write_text("print('ran')\n")
    py_compile.compile(str(data / "cached.py"))
    (data / f"_data_code_test{EXTENSION_SUFFIXES[0]}").write_text("no ELF file")
    return open_folder


def run(folder: Path, statement: str) -> str:
    """What a process prints that guards the data."""
    done = subprocess.run(
        [sys.executable, "-B", "-c", GUARDED.format(statement=statement)],
        env=clean_environment(),
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    return done.stdout or done.stderr


@pytest.mark.parametrize("how", STATEMENTS)
def test_what_others_could_have_written_is_refused_with_path_and_reason(folder: Path, how: str) -> None:
    statement, path = STATEMENTS[how]
    (folder / "data").chmod(0o777)
    first, hint, *_ = run(folder, statement).splitlines()
    reason = f"{folder}/data can be written by other users (mode 0777)"
    assert first == f"refused {folder}/data/{path} is code: {reason}"
    subprocess.run(["sh", "-c", hint], check=True)
    assert "refused" not in run(folder, statement)


@pytest.mark.parametrize("how", STATEMENTS)
def test_ones_own_is_run(folder: Path, how: str) -> None:
    said = run(folder, STATEMENTS[how][0])
    assert said == "ran\n" or said.endswith(": file too short\n")


@pytest.mark.needs("root")
def test_root_runs_none_of_another_users(folder: Path) -> None:
    shutil.chown(folder / "data" / DEEP, 65534, 65534)
    said = run(folder, STATEMENTS["a deeper package"][0])
    assert said.startswith(f"refused {folder}/data/{DEEP} is code: {folder}/data/{DEEP} is owned by user id 65534")


def test_data_is_read_whoever_wrote_it(folder: Path) -> None:
    (folder / "data").chmod(0o777)
    assert run(folder, f"print(len(open('data/{DEEP}').read()))") == "13\n"
