"""A settings.ini with every option."""

from __future__ import annotations

import re
from pathlib import Path

from django_pyz_runtime.boot import ini
from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.config.options import OPEN_SECTIONS, OPTIONS, SECTIONS
from django_pyz_runtime.config.settings_ini import fresh_settings_ini, settings_ini
from tests.runtime.conftest import Load


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


def test_a_reader_of_ini_files_agrees_that_nothing_is_wrong() -> None:
    assert ini.read(settings_ini("shop").encode()) == ([], [])


def test_a_file_for_the_whole_machine_says_where_the_data_is(load: Load) -> None:
    found = load(fresh_settings_ini("shop", (), for_system=True), mode=0o600)
    assert (found.problems, found.get("project", "data_dir")) == ((), Path("/var/lib/shop"))


def test_fresh_settings_list_the_variables_of_the_project_those_that_are_required_first(load: Load) -> None:
    variables = (
        Variable("CRASH_TOPIC", "'crashes'", "text", "shop/settings.py:9"),
        Variable("DATABASE_URL", None, "", "shop/settings.py:3", is_required=True),
        Variable("CRASH_KEY", None, "", "shop/settings.py:12", condition="if USE_S3"),
    )
    text = fresh_settings_ini("shop", variables, for_system=False)

    assert (
        "\n# required, shop/settings.py:3\n#DATABASE_URL ="
        "\n# text, default 'crashes', shop/settings.py:9\n#CRASH_TOPIC ="
        "\n# shop/settings.py:12, if USE_S3\n#CRASH_KEY =\n" in text
    )
    assert "#DATABASE_URL@file" not in text
    assert load(text).problems == ()
