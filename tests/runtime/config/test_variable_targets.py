"""Which settings are made from which variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz_runtime.bundle.manifest import Variable
from django_pyz_runtime.config.settings_ini import fresh_settings_ini
from django_pyz_runtime.config.variable_targets import variables_of
from tests.runtime.conftest import Load

SETTINGS = ("ALLOWED_HOSTS", "DEBUG", "SECRET_KEY")


@pytest.mark.parametrize(
    ("source", "name", "line", "setting"),
    [
        ("import os\nALLOWED_HOSTS = os.environ['DOMAINS'].split()\n", "DOMAINS", 2, "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS = [\n    'a',\n    config('SITE'),\n]\n", "SITE", 3, "ALLOWED_HOSTS"),
        ("hosts = env('SITES')\nx = 1\nif hosts:\n    ALLOWED_HOSTS = hosts.split()\n", "SITES", 1, "ALLOWED_HOSTS"),
        ("ALLOWED_HOSTS = []\nALLOWED_HOSTS += env.list('MORE')\n", "MORE", 2, "ALLOWED_HOSTS"),
        ("class Prod:\n    DEBUG = values.BooleanValue(False)\n", "DJANGO_VERBOSE", 2, "DEBUG"),
        ("class S(BaseSettings):\n    secret_key: str = Field(alias='PHRASE')\n", "PHRASE", 2, "SECRET_KEY"),
        ("broken(\n", "SHOP_SECRET_KEY", 1, "SECRET_KEY"),
        ("DATABASE = env('DB')\n", "DB", 1, ""),
        ("LOG_DEBUGGER = env('NODEBUG')\n", "NODEBUG", 1, ""),
    ],
)
def test_a_setting_is_made_from_what_its_assignment_reads(
    source: str, name: str, line: int, setting: str, tmp_path: Path
) -> None:
    (tmp_path / "settings.py").write_text(source, encoding="utf-8")
    variable = Variable(name, None, "", f"settings.py:{line}")
    assert variables_of(SETTINGS, [variable], tmp_path) == ({setting: [variable]} if setting else {})


def test_a_source_that_is_not_there_leaves_the_names(tmp_path: Path) -> None:
    variables = [Variable("APP_DEBUG", "False", "bool", "nosuch.py:1"), Variable("X", None, "", "nowhere")]
    assert variables_of(SETTINGS, variables, tmp_path) == {"DEBUG": [variables[0]]}


def test_a_setting_that_a_variable_makes_is_set_by_it_and_by_no_other_line(load: Load) -> None:
    key = Variable("SHOP_SECRET_KEY", None, "text", "settings.py:1")
    hosts = Variable("DOMAINS", "''", "text", "settings.py:2")
    made = {"SECRET_KEY": [key], "ALLOWED_HOSTS": [hosts]}
    text = fresh_settings_ini("shop", [key, hosts], for_system=False, made_from=made)
    found = load(text)
    assert found.problems == ()
    assert {value.key for value in found.section("settings")} == {"DEBUG"}
    assert {value.key: len(value.text) >= 50 for value in found.section("env")} == {"SHOP_SECRET_KEY": True}
    assert "# ALLOWED_HOSTS: set DOMAINS in [env], which it is made from\n" in text


def test_the_way_to_a_key_is_no_place_for_one(load: Load) -> None:
    path = Variable("SECRET_KEY_FILE", None, "text", "settings.py:1")
    found = load(fresh_settings_ini("shop", [path], for_system=False, made_from={"SECRET_KEY": [path]}))
    assert found.section("env") == []
    assert {value.key for value in found.section("settings")} == {"DEBUG", "ALLOWED_HOSTS"}
