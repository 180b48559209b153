"""Settings that need a variable."""

from __future__ import annotations

import pytest

from django_pyz_runtime.activation.settings_errors import missing_variable
from django_pyz_runtime.bundle.manifest import Variable

VARIABLES = (
    Variable("DATABASE_URL", None, "url", "shop/settings.py:3"),
    Variable("SHOP_TOKEN", None, "text", "shop/settings.py:5"),
    Variable("DEBUG", "False", "bool", "shop/settings.py:7"),
)
CONFIG = "/etc/shop/settings.ini"


class ImproperlyConfigured(Exception):
    """As libraries have it."""


class ValidationError(Exception):
    """As pydantic has it."""


def test_the_variable_is_named_with_its_place_and_the_next_step() -> None:
    found = missing_variable(KeyError("DATABASE_URL"), VARIABLES, {}, CONFIG)

    assert found is not None
    assert found.problems == ("the settings need the variable DATABASE_URL (shop/settings.py:3)",)
    assert found.names == ("DATABASE_URL", "SHOP_TOKEN")
    assert found.hint == (
        "Set DATABASE_URL in the section [env] of /etc/shop/settings.ini. Others without a default: SHOP_TOKEN."
    )


def test_one_alone_names_no_others() -> None:
    found = missing_variable(KeyError("SHOP_TOKEN"), VARIABLES, {"DATABASE_URL": "x"}, CONFIG)

    assert found is not None
    assert found.hint == "Set SHOP_TOKEN in the section [env] of /etc/shop/settings.ini."


@pytest.mark.parametrize(
    "error",
    [
        ImproperlyConfigured("Set the SHOP_TOKEN environment variable"),
        ValueError("SHOP_TOKEN not found. Declare it as envvar or define a default value."),
        ValidationError("1 validation error for Settings\nshop_token\n  Field required [type=missing]"),
        ValidationError("1 validation error for Settings\ntoken\n  Field required [type=missing]"),
    ],
)
def test_the_words_of_each_library_are_understood(error: Exception) -> None:
    found = missing_variable(error, VARIABLES, {}, CONFIG)

    assert found is not None
    assert found.names[0] == "SHOP_TOKEN"


def test_what_the_project_itself_says_is_kept() -> None:
    found = missing_variable(ImproperlyConfigured("SHOP_TOKEN: see the manual"), VARIABLES, {}, CONFIG)

    assert found is not None
    assert found.problems[0].endswith("(shop/settings.py:5): SHOP_TOKEN: see the manual")


@pytest.mark.parametrize(
    "error",
    [
        ImproperlyConfigured("wrong DEBUG"),
        KeyError("OTHER"),
        ValueError("SHOP_TOKENS"),
        ValueError("token\n  Field required"),
    ],
)
def test_an_error_about_something_else_is_not_explained(error: Exception) -> None:
    assert missing_variable(error, VARIABLES, {}, CONFIG) is None


def test_a_variable_that_is_set_is_not_missing() -> None:
    assert missing_variable(KeyError("SHOP_TOKEN"), VARIABLES, {"SHOP_TOKEN": ""}, CONFIG) is None
