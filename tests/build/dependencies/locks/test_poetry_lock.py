"""poetry.lock, in each of its formats."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.errors import UserError
from tests.build.reading import names, read
from tests.build.trees import write_tree

PYPROJECT = """\
[tool.poetry]
name = "shop"
version = "1"

[tool.poetry.dependencies]
python = "^3.8"
Django = "^5.2"
psycopg = { version = "^3.2", optional = true, extras = ["binary"] }
tzdata = { version = "*", markers = "sys_platform == 'win32'" }

[tool.poetry.extras]
pg = ["psycopg"]

[tool.poetry.dev-dependencies]
pytest = "*"

[tool.poetry.group.prod.dependencies]
gunicorn = "*"
"""

PACKAGES = """\
[[package]]
name = "asgiref"
version = "3.8.1"
description = ""
{of_asgiref}
python-versions = ">=3.8"
{files_of_asgiref}

[[package]]
name = "django"
version = "5.2"
description = ""
{main}
python-versions = ">=3.10"
{files_of_django}

[package.dependencies]
asgiref = ">=3.8.1"
sqlparse = ">=0.3.1"
pywin32 = {{version = "*", markers = "sys_platform == \\"win32\\""}}
argon2-cffi = {{version = ">=19", optional = true, markers = "extra == \\"argon2\\""}}

[package.extras]
argon2 = ["argon2-cffi (>=19.1.0)"]

[[package]]
name = "gunicorn"
version = "23.0.0"
description = ""
{prod}
python-versions = ">=3.7"

[[package]]
name = "psycopg"
version = "3.2.3"
description = ""
{pg}
python-versions = ">=3.8"

[package.dependencies]
psycopg-binary = {{version = "3.2.3", optional = true, markers = "extra == \\"binary\\""}}

[package.extras]
binary = ["psycopg-binary (==3.2.3)"]

[[package]]
name = "psycopg-binary"
version = "3.2.3"
description = ""
{pg}
python-versions = ">=3.8"

[[package]]
name = "pytest"
version = "8.0"
description = ""
{dev}
python-versions = ">=3.8"

[[package]]
name = "pywin32"
version = "306"
description = ""
{windows}
python-versions = "*"

[[package]]
name = "sqlparse"
version = "0.5.3"
description = ""
{main}
python-versions = ">=3.8"

[[package]]
name = "tzdata"
version = "2024.1"
description = ""
{windows}
python-versions = ">=2"

[extras]
pg = ["psycopg"]

[metadata]
lock-version = "{version}"
python-versions = "^3.8"
content-hash = "0"
{files}
"""
FILES = 'files = [{file = "%s", hash = "sha256:%s"}]'
NEW_FILES = {
    "files_of_asgiref": FILES % ("asgiref.whl", "aa"),
    "files_of_django": FILES % ("django.whl", "dd"),
    "files": "",
}
OLD_FILES = (
    '[metadata.files]\nasgiref = [{file = "a", hash = "sha256:aa"}]\ndjango = [{file = "d", hash = "sha256:dd"}]'
)
CATEGORIES = {
    "main": 'category = "main"\noptional = false',
    "of_asgiref": 'category = "main"\noptional = false',
    "prod": 'category = "prod"\noptional = false',
    "pg": 'category = "main"\noptional = true',
    "dev": 'category = "dev"\noptional = false',
    "windows": 'category = "main"\noptional = false',
}
OPTIONAL_ONLY = {name: text.partition("\n")[2] for name, text in CATEGORIES.items()}
GROUPS = {
    "main": 'optional = false\ngroups = ["main"]',
    "of_asgiref": (
        'optional = false\ngroups = ["main", "dev"]\n'
        'markers = {main = "python_version >= \\"3.8\\"", dev = "python_version < \\"3\\""}'
    ),
    "prod": 'optional = true\ngroups = ["prod"]',
    "pg": 'optional = true\ngroups = ["main"]\nmarkers = "extra == \\"pg\\""',
    "dev": 'optional = false\ngroups = ["dev"]',
    "windows": 'optional = false\ngroups = ["main"]\nmarkers = "sys_platform == \\"win32\\""',
}
NO_FILES = {"files_of_asgiref": "", "files_of_django": "", "files": OLD_FILES}
LOCKS = {
    "1.1": PACKAGES.format(version="1.1", **CATEGORIES, **NO_FILES),
    "2.0": PACKAGES.format(version="2.0", **OPTIONAL_ONLY, **NEW_FILES),
    "2.1": PACKAGES.format(version="2.1", **GROUPS, **NEW_FILES),
}


@pytest.fixture(params=LOCKS)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project with a lock of each format."""
    return write_tree(tmp_path, {"poetry.lock": LOCKS[request.param], "pyproject.toml": PYPROJECT})


def test_the_main_packages_of_this_platform_are_taken_with_their_hashes(root: Path) -> None:
    wanted = read(root, "poetry.lock")

    assert wanted.lines == (
        "asgiref==3.8.1 --hash=sha256:aa",
        "django==5.2 --hash=sha256:dd",
        "sqlparse==0.5.3",
    )
    assert wanted.is_complete
    assert wanted.index_lines == ()


def test_an_extra_and_a_group_are_taken_when_asked_for(root: Path) -> None:
    assert sorted(names(read(root, "poetry.lock", extras=("pg",), groups=("prod",)))) == [
        "asgiref",
        "django",
        "gunicorn",
        "psycopg",
        "psycopg-binary",
        "sqlparse",
    ]


def test_an_unknown_extra_or_group_is_an_error(root: Path) -> None:
    with pytest.raises(UserError, match=r"(?m)found no extra 'mysql'$") as caught:
        read(root, "poetry.lock", extras=("mysql",))
    assert caught.value.hint == "Known are pg."

    with pytest.raises(UserError, match=r"(?m)found no group 'live'$") as caught:
        read(root, "poetry.lock", groups=("live",))
    assert caught.value.hint == "Known are dev, prod."


@pytest.mark.parametrize("version", ["1.1", "2.0"])
def test_an_old_lock_alone_gives_all_that_is_not_optional(tmp_path: Path, version: str) -> None:
    write_tree(tmp_path, {"poetry.lock": LOCKS[version]})

    found = set(names(read(tmp_path, "poetry.lock")))

    assert {"asgiref", "django", "sqlparse"} < found
    assert "psycopg" not in found


def test_a_standard_project_table_is_walked_from_too(tmp_path: Path) -> None:
    project = '[project]\nname = "shop"\ndependencies = ["Django"]\n[project.optional-dependencies]\npg = ["psycopg"]\n'
    write_tree(tmp_path, {"poetry.lock": LOCKS["2.0"], "pyproject.toml": project})

    assert names(read(tmp_path, "poetry.lock", extras=("pg",))) == ["asgiref", "django", "psycopg", "sqlparse"]


def test_a_group_that_includes_itself_is_an_error(tmp_path: Path) -> None:
    project = '[project]\nname = "shop"\ndependencies = ["Django"]\n[dependency-groups]\na = [{include-group = "a"}]\n'
    write_tree(tmp_path, {"poetry.lock": LOCKS["2.0"], "pyproject.toml": project})

    with pytest.raises(UserError, match=rf"^{tmp_path}/pyproject.toml: \[dependency-groups\] a: .*a includes itself$"):
        read(tmp_path, "poetry.lock", groups=("a",))


SOURCES = """\
[[package]]
name = "archive"
version = "1"
groups = ["main"]
files = [{file = "archive-1.zip", hash = "sha256:aa"}]
source = {type = "url", url = "https://example.org/archive-1.zip"}

[[package]]
name = "forked"
version = "1"
groups = ["main"]
files = []
[package.source]
type = "git"
url = "https://example.org/f.git"
reference = "v1"
resolved_reference = "abc"
subdirectory = "s"

[[package]]
name = "lib"
version = "1"
groups = ["main"]
files = []
develop = true
source = {type = "directory", url = "../lib"}

[[package]]
name = "ours"
version = "1"
groups = ["main"]
files = []
source = {type = "legacy", url = "https://pypi.example.org/simple", reference = "ours"}

[[package]]
name = "wheel"
version = "1"
groups = ["main"]
files = [{file = "wheel-1-py3-none-any.whl", hash = "sha256:bb"}]
source = {type = "file", url = "wheels/wheel-1-py3-none-any.whl"}

[metadata]
lock-version = "2.1"
"""


def test_packages_come_from_where_the_lock_says(tmp_path: Path) -> None:
    write_tree(tmp_path, {"web/poetry.lock": SOURCES})

    wanted = read(tmp_path, "poetry.lock", "web/poetry.lock")

    assert wanted.lines == (
        f"{tmp_path}/lib",
        "archive @ https://example.org/archive-1.zip --hash=sha256:aa",
        "forked @ git+https://example.org/f.git@abc#subdirectory=s",
        f"wheel @ {tmp_path.as_uri()}/web/wheels/wheel-1-py3-none-any.whl --hash=sha256:bb",
    )
    assert wanted.by_index == {"https://pypi.example.org/simple": ("ours==1",)}


TWO_VERSIONS = """\
[[package]]
name = "numpy"
version = "1.26"
optional = false
python-versions = ">=3.8,<3.9"

[[package]]
name = "numpy"
version = "2.1"
optional = false
python-versions = ">=3.9"

[[package]]
name = "idna"
version = "2.0"
optional = false
python-versions = "*"

[[package]]
name = "idna"
version = "3.0"
optional = false
python-versions = "*"

[metadata]
lock-version = "2.0"
"""


def test_of_several_versions_the_one_that_fits_is_taken(tmp_path: Path) -> None:
    project = '[tool.poetry.dependencies]\nnumpy = "*"\nidna = "^3 || ^4"\n'
    write_tree(tmp_path, {"poetry.lock": TWO_VERSIONS, "pyproject.toml": project})

    assert read(tmp_path, "poetry.lock").lines == ("idna==3.0", "numpy==2.1")
