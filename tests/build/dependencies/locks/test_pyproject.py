"""Dependencies in pyproject.toml and setup.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.dependencies.locks import target
from django_pyz_runtime.errors import UserError
from tests.build.reading import read, request
from tests.build.trees import write_tree

PROJECT = """\
[project]
name = "my.shop"
version = "1"
dependencies = ["Django>=5"]

[project.optional-dependencies]
pg = ["psycopg"]
All = ["my-shop[pg,more]", "idna"]
more = ["pytz"]

[dependency-groups]
prod = ["gunicorn", {include-group = "base"}]
base = ["asgiref"]
"""
POETRY = """\
[tool.poetry]
name = "shop"

[tool.poetry.dependencies]
python = "^3.11"
Django = "^5.1"
idna = { version = "~3.4", extras = ["all"], python = ">=3.8" }
lib = { path = "lib", develop = true }
forked = { git = "git@example.org:me/forked.git", tag = "v1" }
psycopg = { version = "*", optional = true }
pytz = [
    { version = "2024.1", markers = "sys_platform == 'win32'" },
    { version = "*", platform = "linux" },
]

[tool.poetry.extras]
pg = ["psycopg"]

[tool.poetry.group.prod.dependencies]
gunicorn = "23.*"

[[tool.poetry.source]]
name = "ours"
url = "https://pypi.example.org/simple"
"""


def test_the_projects_dependencies_are_taken(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": PROJECT})

    assert read(tmp_path, "pyproject.toml").lines == ("Django>=5",)


def test_extras_may_name_each_other_and_groups_too(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": PROJECT})

    wanted = read(tmp_path, "pyproject.toml", extras=("all",), groups=("prod",))

    assert wanted.lines == ("Django>=5", "idna", "pytz", "psycopg", "gunicorn", "asgiref")


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        ({"extras": ("mysql",)}, r"found no extra 'mysql'", "Known are All, more, pg."),
        ({"groups": ("live",)}, r"found no group 'live'", "Known are base, prod."),
    ],
)
def test_an_unknown_extra_or_group_is_an_error(
    tmp_path: Path, asked: dict[str, tuple[str, ...]], message: str, hint: str
) -> None:
    write_tree(tmp_path, {"pyproject.toml": PROJECT})

    with pytest.raises(UserError, match=message) as caught:
        read(tmp_path, "pyproject.toml", **asked)

    assert caught.value.hint == hint


@pytest.mark.parametrize(("groups", "lines"), [((), ("Django",)), (("dev",), ("pytest",))])
def test_of_groups_alone_the_main_one_is_taken(tmp_path: Path, groups: tuple[str, ...], lines: tuple[str, ...]) -> None:
    write_tree(tmp_path, {"pyproject.toml": '[dependency-groups]\nmain = ["Django"]\ndev = ["pytest"]\n'})

    assert read(tmp_path, "pyproject.toml", groups=groups).lines == lines


def test_groups_alone_without_a_main_one_are_an_error(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": '[dependency-groups]\nweb = ["Django"]\ndev = ["pytest"]\n'})

    with pytest.raises(UserError, match=r"(?m)wanted dependencies, found only groups: web, dev$") as caught:
        read(tmp_path, "pyproject.toml")

    assert caught.value.hint == "Give --groups NAME."


def test_a_group_that_includes_itself_is_an_error(tmp_path: Path) -> None:
    write_tree(
        tmp_path, {"pyproject.toml": '[project]\ndependencies = []\n[dependency-groups]\na = [{include-group = "a"}]'}
    )

    with pytest.raises(UserError, match=r"\[dependency-groups\] a: "):
        read(tmp_path, "pyproject.toml", groups=("a",))


def test_dependencies_that_only_the_build_knows_come_with_the_project(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": '[project]\nname = "shop"\ndynamic = ["dependencies"]\n'})

    assert read(tmp_path, "pyproject.toml").lines == (str(tmp_path),)


@pytest.mark.parametrize("kind", ["setup.py", "setup.cfg"])
def test_a_setup_script_brings_its_dependencies(tmp_path: Path, kind: str) -> None:
    write_tree(tmp_path, {"web/" + kind: ""})

    assert read(tmp_path, kind, "web/" + kind, extras=("pg",)).lines == (f"{tmp_path}/web[pg]",)


def test_poetrys_words_become_pips(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": POETRY})

    wanted = read(tmp_path, "pyproject.toml")

    assert wanted.lines == (
        "Django>=5.1,<6",
        'idna[all]>=3.4,<3.5 ; python_version >= "3.8"',
        f"{tmp_path}/lib",
        "forked @ git+ssh://git@example.org/me/forked.git@v1",
        "pytz==2024.1 ; sys_platform == 'win32'",
        'pytz ; sys_platform == "linux"',
    )
    assert wanted.index_lines == ("--extra-index-url https://pypi.example.org/simple",)


def test_poetrys_extras_and_groups_are_taken_when_asked_for(tmp_path: Path) -> None:
    write_tree(tmp_path, {"pyproject.toml": POETRY})

    assert read(tmp_path, "pyproject.toml", extras=("pg",), groups=("prod",)).lines[-2:] == (
        "psycopg",
        "gunicorn==23.*",
    )


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pyproject.toml", '[project]\nrequires-python = ">=3.99"\n'),
        ("pyproject.toml", '[tool.poetry.dependencies]\npython = "^3.99"\n'),
        ("uv.lock", 'requires-python = ">=3.99"\n'),
        ("pylock.toml", 'requires-python = ">=3.99"\n'),
        ("poetry.lock", '[metadata]\npython-versions = "^3.99"\n'),
    ],
)
def test_a_python_that_the_project_does_not_take_is_an_error(tmp_path: Path, path: str, text: str) -> None:
    write_tree(tmp_path, {"requirements.txt": "", path: text})
    source = "requirements.txt" if path == "pyproject.toml" else path

    with pytest.raises(UserError, match=r"requires Python \S+3.99, found 3\.\d+\.\d+") as caught:
        target.check_python(request(tmp_path, source))

    assert caught.value.hint == "Give another one with --python."


@pytest.mark.parametrize(
    "text", ["", '[project]\nrequires-python = ">=3.9"\n', '[tool.poetry.dependencies]\npython = "^3.9 || ^2.7"\n']
)
def test_a_python_that_the_project_takes_is_none(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"requirements.txt": "", "pyproject.toml": text})

    target.check_python(request(tmp_path, "requirements.txt"))
