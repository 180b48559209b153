"""The files for /etc."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest

from django_pyz_runtime.boot import ini
from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.config.etc_files import Names, etc_files, fresh_settings_ini, options_table, settings_ini
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS
from tests.runtime.conftest import Load


class UnitParser(configparser.RawConfigParser):
    """A reader of systemd units, whose keys have capitals."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


NAMES = Names("shop", "shop-script", "shopsite")
FILES = etc_files(NAMES)


def test_these_files_come_with_a_bundle() -> None:
    assert sorted(FILES) == [
        "nginx/shop.conf",
        "shop/settings.ini",
        "shop/shopsite.wsgi",
        "systemd/shop.service",
        "systemd/shop.socket",
    ]


@pytest.mark.parametrize("name", FILES)
def test_every_name_is_filled_in(name: str) -> None:
    assert not re.search(r"@[A-Z]+@|[{]name[}]|myproj(?!\.settings)|project-script", FILES[name])
    assert FILES[name].endswith("\n")
    assert not [line for line in FILES[name].splitlines() if line != line.rstrip()]


def test_the_settings_file_says_nothing_until_something_is_uncommented(load: Load) -> None:
    configuration = load(settings_ini("shop"), mode=0o644)
    assert (dict(configuration.values), configuration.problems) == ({}, ())


def test_the_settings_file_has_every_section_and_option() -> None:
    text = settings_ini("shop")
    assert re.findall(r"^\[(\w+)\]$", text, re.MULTILINE) == list(SECTIONS)
    for option in OPTIONS:
        assert re.search(rf"^#{option.key} =", text, re.MULTILINE), option


def test_all_that_can_be_uncommented_is_without_problems(load: Load, tmp_path: Path) -> None:
    (tmp_path / "credentials").mkdir()
    for name in ("database_url", "credentials/secret_key"):
        (tmp_path / name).write_text("x", encoding="utf-8")
    text = re.sub(r"^#(?=\S+( \+)?=? ?= *\S|INSTALLED)", "", settings_ini("shop"), flags=re.MULTILINE)
    text = text.replace("/etc/shop/database_url", f"{tmp_path}/database_url")
    configuration = load(text, CREDENTIALS_DIRECTORY=f"{tmp_path}/credentials")
    assert configuration.problems == ()
    with_text = {(option.section, option.key) for option in OPTIONS if option.default or option.example}
    assert with_text <= set(configuration.values)
    assert len(configuration.section("settings")) == len(OPEN_SECTIONS["settings"])


def test_fresh_settings_have_a_key_of_their_own_and_no_debug_pages(load: Load) -> None:
    texts = [fresh_settings_ini("shop", (), for_system=False) for _ in range(2)]
    keys = {load(text).values["settings", "SECRET_KEY"].text for text in texts}
    assert [len(key) >= 50 for key in keys] == [True, True]
    configuration = load(texts[0])
    assert configuration.problems == ()
    assert configuration.values["settings", "DEBUG"].text == "false"


def test_fresh_settings_that_all_may_read_are_refused(load: Load) -> None:
    assert "holds a secret" in load(fresh_settings_ini("shop", (), for_system=True), mode=0o644).problems[0]


def test_the_wsgi_file_is_python_that_names_the_executable() -> None:
    module = ast.parse(FILES["shop/shopsite.wsgi"])
    assigned = {
        node.targets[0].id: node.value
        for node in module.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    assert ast.literal_eval(assigned["EXECUTABLE"]) == "/usr/bin/shop-script"
    assert "application" in assigned


@pytest.mark.parametrize(
    ("name", "section", "expected"),
    [
        (
            "systemd/shop.service",
            "Service",
            {"ExecStart": "/usr/bin/shop-script runserve", "User": "shop", "Type": "notify"},
        ),
        ("systemd/shop.service", "Unit", {"Requires": "shop.socket"}),
        ("systemd/shop.socket", "Socket", {"ListenStream": "/run/shop.sock"}),
    ],
)
def test_a_unit_has_these_lines(name: str, section: str, expected: dict[str, str]) -> None:
    parser = UnitParser(strict=False)  # ExecReload stands there twice, as systemd allows
    parser.read_string(FILES[name])
    assert expected.items() <= dict(parser[section]).items()


def test_nginx_asks_the_socket_that_systemd_listens_on() -> None:
    assert "server unix:/run/shop.sock " in FILES["nginx/shop.conf"]
    assert FILES["nginx/shop.conf"].count("{") == FILES["nginx/shop.conf"].count("}")


def test_the_table_has_a_row_of_four_cells_for_every_option() -> None:
    head, _, *rows = options_table().splitlines()
    cells = [re.split(r"(?<!\\)\|", row)[1:-1] for row in rows]
    assert len(head.split("|")) == 6
    assert {len(row) for row in cells} == {4}
    named = [(row[0].strip(" `[]"), row[1].strip(" `")) for row in cells]
    assert named == [*((o.section, o.key) for o in OPTIONS), *((section, "any") for section in OPEN_SECTIONS)]


def test_a_reader_of_ini_files_agrees_that_nothing_is_wrong() -> None:
    assert ini.read(settings_ini("shop").encode()) == ([], [])


def test_a_file_for_the_whole_machine_says_where_the_data_is(load: Load) -> None:
    found = load(fresh_settings_ini("shop", (), for_system=True), mode=0o600)
    assert (found.problems, found.get("project", "data_dir")) == ((), Path("/var/lib/shop"))


def test_fresh_settings_list_the_variables_of_the_project_those_without_a_default_first(load: Load) -> None:
    variables = (
        Variable("CRASH_TOPIC", "'crashes'", "text", "shop/settings.py:9"),
        Variable("DATABASE_URL", None, "", "shop/settings.py:3"),
    )
    text = fresh_settings_ini("shop", variables, for_system=False)

    assert (
        "\n# no default, shop/settings.py:3\n#DATABASE_URL ="
        "\n# text, default 'crashes', shop/settings.py:9\n#CRASH_TOPIC =\n" in text
    )
    assert "#DATABASE_URL@file" not in text
    assert load(text).problems == ()
