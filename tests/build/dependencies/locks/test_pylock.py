"""pylock.toml."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.errors import UserError
from tests.build.reading import names, read
from tests.build.trees import write_tree

HEAD = """\
lock-version = "1.0"
requires-python = ">=3.9"
extras = ["pg"]
dependency-groups = ["prod", "dev"]
default-groups = ["prod"]
created-by = "hand"
"""
LOCK = (
    HEAD
    + """
[[packages]]
name = "sqlparse"
version = "0.5.3"
wheels = [
    { url = "https://files.pythonhosted.org/packages/sqlparse-0.5.3-py3-none-any.whl", hashes = { sha256 = "aa" } },
    { url = "https://files.pythonhosted.org/packages/sqlparse-0.5.3-cp27-cp27m-win32.whl", hashes = { sha256 = "bb" } },
]
sdist = { url = "https://files.pythonhosted.org/packages/sqlparse-0.5.3.tar.gz", hashes = { sha256 = "cc" } }

[[packages]]
name = "only-windows"
version = "1"
marker = "sys_platform == 'win32'"
sdist = { path = "only-windows-1.tar.gz", hashes = { sha256 = "dd" } }

[[packages]]
name = "psycopg"
version = "3"
marker = "'pg' in extras"
index = "https://pypi.example.org/simple"
sdist = { url = "https://pypi.example.org/psycopg-3.tar.gz", hashes = { sha256 = "ee" } }

[[packages]]
name = "gunicorn"
version = "23.0"
marker = "'prod' in dependency_groups"
sdist = { url = "https://elsewhere.example.org/gunicorn-23.0.tar.gz", hashes = { sha256 = "ff" } }

[[packages]]
name = "pytest"
version = "8.0"
marker = "'dev' in dependency_groups"
sdist = { url = "https://files.pythonhosted.org/pytest-8.0.tar.gz", hashes = { sha256 = "ff" } }

[[packages]]
name = "lib"
directory = { path = "lib", editable = true }

[[packages]]
name = "forked"
vcs = { type = "git", url = "https://example.org/forked.git", commit-id = "abc" }

[[packages]]
name = "archive"
archive = { url = "https://example.org/a.zip", hashes = { sha256 = "99" }, subdirectory = "src" }
"""
)


def test_the_lock_selects_for_the_python_that_is_installed_for(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pylock.toml": LOCK})

    wanted = read(tmp_path, "pylock.toml")

    assert wanted.lines == (
        f"{tmp_path}/lib",
        "archive @ https://example.org/a.zip#subdirectory=src --hash=sha256:99",
        "forked @ git+https://example.org/forked.git@abc",
        "gunicorn @ https://elsewhere.example.org/gunicorn-23.0.tar.gz --hash=sha256:ff",
        "sqlparse==0.5.3 --hash=sha256:aa",
    )
    assert wanted.is_complete


def test_extras_and_groups_are_taken_when_asked_for(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pylock.toml": LOCK})

    wanted = read(tmp_path, "pylock.toml", extras=("pg",), groups=("dev",))

    assert {"pytest", "gunicorn"} < set(names(wanted))
    assert wanted.by_index == {"https://pypi.example.org/simple": ("psycopg==3 --hash=sha256:ee",)}


def test_an_unknown_extra_is_an_error(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pylock.toml": LOCK})

    with pytest.raises(UserError, match=r"(?m)found no extra 'mysql'$"):
        read(tmp_path, "pylock.toml", extras=("mysql",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('lock-version = "1.0"\n', r"created-by"),
        (HEAD.replace(">=3.9", "<3.9") + "packages = []\n", r"does not satisfy the Python version"),
    ],
)
def test_a_lock_that_cannot_be_used_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    write_tree(tmp_path, {"pylock.toml": text})

    with pytest.raises(UserError, match=message):
        read(tmp_path, "pylock.toml")
