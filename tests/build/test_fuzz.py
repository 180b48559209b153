"""Whatever bytes stand in the files that a build reads: a value or an error in our words."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path

import pytest

from django_pyz.options import read_table
from django_pyz_runtime.errors import UserError
from tests.build.dependencies.locks.test_pipfile_lock import LOCK as PIPFILE_LOCK
from tests.build.dependencies.locks.test_poetry_lock import LOCKS as POETRY_LOCKS
from tests.build.dependencies.locks.test_poetry_lock import PYPROJECT
from tests.build.dependencies.locks.test_pylock import LOCK as PYLOCK
from tests.build.reading import read
from tests.fuzzing import MEGABYTE, at_most, mutations

COUNT = int(os.environ.get("FUZZ_COUNT", "150"))
SEED = int(os.environ.get("FUZZ_SEED", "1"))
WORDS = [
    b"[",
    b"]",
    b"[[x]]\n",
    b"{",
    b"}",
    b"=",
    b" = 1\n",
    b" = []\n",
    b" = {}\n",
    b'"',
    b"'''",
    b",",
    b"1e999",
    b"true",
]
TABLE = b"""\
[tool.django-pyz]
name = "shop"
include = ["a", "b/*"]
build-env = { A = "1", B = "x" }
collectstatic = false
compression = "lzma"
[tool.other]
x.y.z = 1979-05-27T07:32:00Z
"""
REQUIREMENTS = b"""\
-r other.txt
-c constraints.txt
--index-url https://u:p@h/simple
Django[argon2]==5.2 ; python_version > "3.8" \\
    --hash=sha256:00
-e ./here
x @ https://h/x.whl
"""
SEEDS = {
    "requirements": ("requirements.txt", [REQUIREMENTS]),
    "Pipfile.lock": ("Pipfile.lock", [json.dumps(PIPFILE_LOCK).encode()]),
    "pylock.toml": ("pylock.toml", [PYLOCK.encode()]),
    "poetry.lock": ("poetry.lock", [text.encode() for text in POETRY_LOCKS.values()]),
    "pyproject.toml": ("pyproject.toml", [PYPROJECT.encode(), TABLE]),
}


def test_the_options_of_a_build(tmp_path: Path) -> None:
    path = tmp_path / "pyproject.toml"
    for content in [*mutations([TABLE], WORDS, 2 * COUNT, SEED), b"x = " + b"[" * 100_000]:
        path.write_bytes(content)
        with contextlib.suppress(UserError):
            _ = read_table(path).variables


@pytest.mark.parametrize("kind", SEEDS)
def test_what_says_which_packages_are_wanted(kind: str, tmp_path: Path) -> None:
    name, seeds = SEEDS[kind]
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    for content in mutations(seeds, WORDS, COUNT, SEED):
        (tmp_path / name).write_bytes(content)
        with contextlib.suppress(UserError):
            read(tmp_path, kind, name)


@pytest.mark.slow
@pytest.mark.parametrize("line", [b"x = [1,\n2]\n", b"x%d = 1\n", b"-r x%d.txt\n", b"[x%d]\n", b"a==%d \\\n"])
def test_a_large_file_takes_no_longer_than_its_size_is_worth(line: bytes, tmp_path: Path) -> None:
    content = b"".join(line % number if b"%" in line else line for number in range(MEGABYTE // len(line)))
    (tmp_path / "pyproject.toml").write_bytes(content)
    (tmp_path / "requirements.txt").write_bytes(content)
    with at_most(20):
        with contextlib.suppress(UserError):
            read_table(tmp_path / "pyproject.toml")
        with contextlib.suppress(UserError):
            read(tmp_path, "requirements", "requirements.txt")
