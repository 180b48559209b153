"""The one declaration of every option."""

from __future__ import annotations

import pytest

from django_pyz_runtime.boot.arguments import split
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config.levels import load
from django_pyz_runtime.config.options import BY_NAME, OPEN_SECTIONS, OPTIONS, SECTIONS, Option

NAMES = [f"{option.section}.{option.key}" for option in OPTIONS]
OPEN_NAMES = ["settings.DATABASES.default.NAME", "settings.DEBUG", "env.DATABASE_URL", "env.A__B", "gunicorn.keepalive"]


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_a_default_and_an_example_are_values_that_fit(option: Option) -> None:
    for text in filter(None, (option.default, option.example.format(name="x"))):
        option.parse(text)


@pytest.mark.parametrize("option", OPTIONS, ids=NAMES)
def test_an_option_has_help_and_says_its_default_one_way_only(option: Option) -> None:
    assert option.help.endswith(".")
    assert option.section in set(SECTIONS) - set(OPEN_SECTIONS)
    assert not (option.default and option.example)


def test_no_option_is_declared_twice() -> None:
    assert len(BY_NAME) == len(OPTIONS)


@pytest.mark.parametrize("name", [*NAMES, *OPEN_NAMES])
def test_an_options_variable_sets_that_option(name: str, manifest: Manifest) -> None:
    section, _, key = name.partition(".")
    option = BY_NAME.get((section, key))
    text = (option.default or option.example or "x").format(name="x") if option else "x"
    in_the_variable = key.replace(".", "__") if section in OPEN_SECTIONS else key.upper()
    environ = {f"PROJECT__{section.upper()}__{in_the_variable}": text}
    configuration = load(manifest, split(["--config", "/dev/null"]), environ, 0)
    assert [(value.section, value.key) for value in configuration.values.values()] == [(section, key)]
