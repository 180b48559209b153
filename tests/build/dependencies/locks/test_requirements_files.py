"""Requirements files, as one list of lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.dependencies.locks.requirements_files import parse
from django_pyz_runtime.errors import UserError
from tests.build.reading import read
from tests.build.trees import write_tree


def test_nested_files_are_taken_in_once(tmp_path: Path) -> None:
    write_tree(
        tmp_path,
        {
            "requirements/prod.txt": "-r base.txt\n--requirement=../more.txt\ngunicorn\n",
            "requirements/base.txt": "Django>=5 # the framework\n\n# nothing\n",
            "more.txt": "-rrequirements/base.txt\nidna\n",
        },
    )

    assert read(tmp_path, "requirements", "requirements/prod.txt").lines == ("Django>=5", "idna", "gunicorn")


def test_lines_are_joined_at_backslashes(tmp_path: Path) -> None:
    text = "sqlparse==0.5.3 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\nidna ; python_version > '3' \\\n# end\n"

    assert [line.split() for line in parse(text, tmp_path).lines] == [
        ["sqlparse==0.5.3", "--hash=sha256:aa", "--hash=sha256:bb"],
        ["idna", ";", "python_version", ">", "'3'"],
    ]


def test_index_options_are_told_apart(tmp_path: Path) -> None:
    write_tree(tmp_path, {"vendor/x.whl": ""})
    text = "-i https://u:${PASSWORD}@a/simple\n--extra-index-url=https://b/simple\n--no-index\n-f vendor\n--pre\nidna\n"

    wanted = parse(text, tmp_path)

    assert wanted.lines == ("--pre", "idna")
    assert wanted.index_lines == (
        "--index-url https://u:${PASSWORD}@a/simple",
        "--extra-index-url https://b/simple",
        "--no-index",
        f"--find-links {tmp_path}/vendor",
    )


def test_a_constraints_file_is_named_by_its_whole_path(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements/prod.txt": "-c limits.txt\nidna", "requirements/limits.txt": "idna<4"})

    assert read(tmp_path, "requirements", "requirements/prod.txt").lines[0] == (
        f"--constraint {tmp_path}/requirements/limits.txt"
    )


def test_editable_packages_become_plain_ones(tmp_path: Path) -> None:
    write_tree(tmp_path, {"lib/setup.py": "", "setup.py": ""})
    text = (
        "-e ./lib\n--editable lib[fast] ; python_version > '3'\n-e .[pg]\n./lib  # plain\n-e file:lib\nlib @ file:lib\n"
    )

    assert parse(text, tmp_path).lines == (
        f"{tmp_path}/lib",
        f"{tmp_path}/lib[fast] ; python_version > '3'",
        f"{tmp_path}[pg]",
        f"{tmp_path}/lib",
        f"{tmp_path}/lib",
        f"{tmp_path}/lib",
    )


def test_a_dot_in_a_folder_of_requirements_means_the_project(tmp_path: Path) -> None:
    write_tree(tmp_path, {"setup.py": "", "lib/setup.py": "", "requirements/base.txt": "-e .\n./lib\n"})

    assert read(tmp_path, "requirements", "requirements/base.txt").lines == (str(tmp_path), f"{tmp_path}/lib")


def test_a_path_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"(?m)\./lib: found no such file or folder$"):
        parse("-e ./lib\n", tmp_path)


def test_git_urls_carry_their_name_in_front(tmp_path: Path) -> None:
    text = (
        "-e git+https://example.org/a.git@v1#egg=a&subdirectory=src\n"
        "git+ssh://git@example.org/b.git@main#egg=b[x] ; python_version > '3'\n"
        "c @ git+https://example.org/c.git\n"
        "https://example.org/d-1.zip --hash=sha256:aa\n"
    )

    assert parse(text, tmp_path).lines == (
        "a @ git+https://example.org/a.git@v1#subdirectory=src",
        "b[x] @ git+ssh://git@example.org/b.git@main ; python_version > '3'",
        "c @ git+https://example.org/c.git",
        "https://example.org/d-1.zip --hash=sha256:aa",
    )


def test_an_encoding_mark_is_read(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes("Django\r\nidna\r\n".encode("utf-16"))

    assert read(tmp_path, "requirements", "requirements.txt").lines == ("Django", "idna")


def test_a_nested_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements.txt": "-r none.txt"})

    with pytest.raises(UserError, match=r"(?m)none.txt: cannot be read \(no such file or directory\)$"):
        read(tmp_path, "requirements", "requirements.txt")


def test_extras_and_groups_are_those_of_the_pyproject(tmp_path: Path) -> None:
    project = '[project.optional-dependencies]\npg = ["psycopg"]\n[dependency-groups]\nprod = ["gunicorn"]\n'
    write_tree(tmp_path, {"requirements.txt": "Django", "pyproject.toml": project})

    wanted = read(tmp_path, "requirements", "requirements.txt", extras=("pg",), groups=("prod",))

    assert wanted.lines == ("Django", "psycopg", "gunicorn")


def test_without_a_pyproject_there_are_none(tmp_path: Path) -> None:
    write_tree(tmp_path, {"requirements.txt": "Django"})

    with pytest.raises(UserError, match=r"(?m)found no extra 'pg'$") as caught:
        read(tmp_path, "requirements", "requirements.txt", extras=("pg",))

    assert caught.value.hint == "There are no extras in it."
