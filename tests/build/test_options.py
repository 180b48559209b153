"""The options of a build: the table in pyproject.toml and the command line."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import fields, replace
from pathlib import Path

import pytest

from django_pyz import options
from django_pyz.options import Options
from django_pyz_runtime.errors import UserError

EVERYTHING = Options(
    manage_py="web/manage.py",
    name="shop",
    script="shop-script",
    settings_module="shop.settings",
    python="python3.12",
    requirements=("a.txt", "b.txt"),
    extras=("postgres",),
    groups=("prod",),
    include=("seed.sqlite3",),
    exclude=("docs",),
    extra_paths=("apps",),
    data_paths=("uploads/", "secret.txt"),
    allow_secrets=("tests/*.pem",),
    build_commands=("npm ci", "npm run build"),
    build_env=("DATABASE_URL=sqlite://", "TOKEN=a=b"),
    build_config="ci/build.ini",
    services=("worker=celery -A shop worker",),
    timers=("send_report --weekly=Mon 06:00",),
    collectstatic=False,
    compression="lzma",
)


def _table(folder: Path, text: str) -> Options:
    path = folder / "pyproject.toml"
    path.write_text(text, encoding="utf-8")
    return options.read_table(path)


def _arguments(*argv: str, table: Options | None = None) -> Options:
    parser = ArgumentParser()
    options.add_arguments(parser)
    return options.with_arguments(table or Options(), parser.parse_args(argv))


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    assert options.read_table(tmp_path / "pyproject.toml") == Options()


@pytest.mark.parametrize("text", ["", "[project]\nname = 'shop'\n", "[tool.ruff]\n", "[tool.django-pyz]\n"])
def test_without_an_entry_there_are_the_defaults(tmp_path: Path, text: str) -> None:
    assert _table(tmp_path, text) == Options()


def test_every_option_can_stand_in_the_table(tmp_path: Path) -> None:
    text = """
        [tool.django-pyz]
        manage-py = "web/manage.py"
        name = "shop"
        script = "shop-script"
        settings-module = "shop.settings"
        python = "python3.12"
        requirements = ["a.txt", "b.txt"]
        extras = ["postgres"]
        groups = ["prod"]
        include = ["seed.sqlite3"]
        exclude = ["docs"]
        extra-paths = ["apps"]
        data-paths = ["uploads/", "secret.txt"]
        allow-secrets = ["tests/*.pem"]
        build-commands = ["npm ci", "npm run build"]
        build-env = { DATABASE_URL = "sqlite://", TOKEN = "a=b" }
        build-config = "ci/build.ini"
        collectstatic = false
        compression = "lzma"
        [tool.django-pyz.services]
        worker = "celery -A shop worker"
        [tool.django-pyz.timers]
        "send_report --weekly" = "Mon 06:00"
    """
    assert _table(tmp_path, text) == EVERYTHING


def test_every_option_can_stand_on_the_command_line() -> None:
    scalars = ["--name=shop", "--script=shop-script", "--settings-module=shop.settings", "--python=python3.12"]
    lists = ["--requirements=a.txt", "--requirements=b.txt", "--include=seed.sqlite3", "--exclude=docs"]
    more = ["--manage-py=web/manage.py", "--extras=postgres", "--groups=prod", "--allow-secrets=tests/*.pem"]
    build = ["--build-commands=npm ci", "--build-commands=npm run build", "--build-config=ci/build.ini"]
    variables = ["--build-env=DATABASE_URL=sqlite://", "--build-env=TOKEN=a=b"]
    variables += ["--data-paths=uploads/", "--data-paths=secret.txt"]
    build += ["--services=worker=celery -A shop worker", "--timers=send_report --weekly=Mon 06:00"]
    rest = [*more, *build, *variables, "--extra-paths=apps", "--no-collectstatic", "--compression=lzma"]

    assert _arguments(*scalars, *lists, *rest) == EVERYTHING


def test_the_variables_of_a_build_are_taken_apart() -> None:
    assert EVERYTHING.variables == {"DATABASE_URL": "sqlite://", "TOKEN": "a=b"}


@pytest.mark.parametrize(("text", "found"), [("TOKEN: hunter2", "no `=`"), ("=hunter2", "no name")])
def test_a_variable_of_a_build_needs_a_name_and_its_value_is_not_shown(text: str, found: str) -> None:
    with pytest.raises(UserError, match=rf"(?m)^build-env: wanted NAME=VALUE, found {found}$"):
        _ = Options(build_env=(text,)).variables


def test_the_sample_of_everything_leaves_no_option_out() -> None:
    assert [item.name for item in fields(Options) if getattr(EVERYTHING, item.name) == item.default] == []


def test_a_silent_command_line_leaves_the_table_as_it_is() -> None:
    assert _arguments(table=EVERYTHING) == EVERYTHING


def test_the_command_line_replaces_only_what_it_names() -> None:
    given = _arguments("--name=other", "--exclude=tests", table=EVERYTHING)

    assert given == replace(EVERYTHING, name="other", exclude=("tests",))


def test_an_unknown_entry_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"\[tool.django-pyz\] has no 'scirpt'") as caught:
        _table(tmp_path, "[tool.django-pyz]\nscirpt = 'shop'\n")

    assert "script, settings-module," in caught.value.hint


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ("name = 3", "name: wanted a string, found 3"),
        ("include = 'one'", "include: wanted a list of strings, found 'one'"),
        ("include = [1]", r"include: wanted a list of strings, found \[1\]"),
        ("build-env = { A = 1 }", r"build-env: wanted a table of strings, as { NAME = \"value\" }, found another type"),
        ("build-env = 'A=1'", r"build-env: wanted a table of strings, as { NAME = \"value\" }, found another type"),
        ("collectstatic = 'no'", "collectstatic: wanted true or false, found 'no'"),
        ("compression = 'zip'", "compression: wanted one of balanced, deflate, lzma, stored, found 'zip'"),
        ("compression = []", r"compression: wanted one of balanced, deflate, lzma, stored, found \[\]"),
        ("collectstatic = 0", "collectstatic: wanted true or false, found 0"),
        ("name = true", "name: wanted a string, found True"),
    ],
)
def test_an_entry_of_another_type_is_refused(tmp_path: Path, entry: str, wanted: str) -> None:
    with pytest.raises(UserError, match=rf"(?m)^{tmp_path}/pyproject.toml: \[tool.django-pyz\] {wanted}$"):
        _table(tmp_path, f"[tool.django-pyz]\n{entry}\n")


@pytest.mark.parametrize("text", ["tool = 3\n", "[tool]\ndjango-pyz = 'yes'\n"])
def test_what_is_no_table_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(UserError, match=r"wanted a table \[tool.django-pyz\]"):
        _table(tmp_path, text)


@pytest.mark.parametrize("content", [b"[tool", b"name = '\xff'"])
def test_a_file_that_is_no_toml_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "pyproject.toml"
    path.write_bytes(content)

    with pytest.raises(UserError, match=rf"^{path}: cannot be read"):
        options.read_table(path)
