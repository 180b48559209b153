"""Settings that need a variable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from django_pyz_runtime.activation.settings_errors import MissingVariables, missing_variable
from django_pyz_runtime.bundle.manifest import PROJECT_FOLDER, Variable

VARIABLES = (
    Variable("DATABASE_URL", None, "url", "shop/settings.py:3", is_required=True),
    Variable("SHOP_TOKEN", None, "text", "shop/settings.py:5", is_required=True),
    Variable("DEBUG", "False", "bool", "shop/settings.py:7"),
    Variable("REGION", "None", "", "shop/settings.py:8"),
)
CONFIG = "/etc/shop/settings.ini"


def _explained(folder: Path, source: str, environ: dict[str, str] | None = None) -> MissingVariables | None:
    """What is said of the error that settings with that source raise."""
    path = folder / PROJECT_FOLDER / "shop" / "settings.py"
    names = {"os": os, "ImproperlyConfigured": ImproperlyConfigured}
    try:
        exec(compile(source, str(path), "exec"), names)
    except Exception as error:
        return missing_variable(error, VARIABLES, environ or {}, CONFIG)
    raise AssertionError(f"no error: {source}")


def test_the_variable_is_named_with_its_place_and_the_next_step(tmp_path: Path) -> None:
    found = _explained(tmp_path, 'os.environ["DATABASE_URL"]')

    assert found is not None
    assert found.problems == ("the settings need the variable DATABASE_URL (shop/settings.py:3)",)
    assert found.names == ("DATABASE_URL", "SHOP_TOKEN")
    assert found.hint == "Set DATABASE_URL in the section [env] of /etc/shop/settings.ini. Also required: SHOP_TOKEN."


def test_one_alone_names_no_others(tmp_path: Path) -> None:
    found = _explained(tmp_path, 'os.environ["SHOP_TOKEN"]', {"DATABASE_URL": "x"})

    assert found is not None
    assert found.hint == "Set SHOP_TOKEN in the section [env] of /etc/shop/settings.ini."


def test_a_variable_that_the_build_has_not_seen_is_named_with_the_line_that_reads_it(tmp_path: Path) -> None:
    found = _explained(tmp_path, 'A = 1\ndef get(name):\n    return os.environ[name]\n\nget("SHOP_NEW")\n')

    assert found is not None
    assert found.problems == ("the settings need the variable SHOP_NEW (shop/settings.py:3)",)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ('{**os.environ}["SHOP_TOKEN"]', "SHOP_TOKEN"),
        ('try:\n    os.environ["SHOP_TOKEN"]\nexcept KeyError:\n    raise ValueError("no token")', "SHOP_TOKEN"),
        (
            'try:\n    os.environ["SHOP_TOKEN"]\nexcept KeyError as e:\n    raise RuntimeError("no") from e',
            "SHOP_TOKEN",
        ),
        ('raise ImproperlyConfigured("Set the SHOP_TOKEN environment variable")', "SHOP_TOKEN"),
        ('class Ours(ImproperlyConfigured):\n    pass\nraise Ours("REGION is not set")', "REGION"),
        ('raise Exception("with REGION, SHOP_TOKEN is needed too")', "REGION"),
        ('raise ValueError("SHOP_TOKEN: wanted a token")', "SHOP_TOKEN"),
    ],
)
def test_an_error_of_the_project_s_own_is_understood(tmp_path: Path, source: str, name: str) -> None:
    found = _explained(tmp_path, source)

    assert found is not None
    assert found.names[0] == name


def test_what_the_project_itself_says_is_kept(tmp_path: Path) -> None:
    found = _explained(tmp_path, 'raise ImproperlyConfigured("SHOP_TOKEN: see the manual")')

    assert found is not None
    assert found.problems[0].endswith("(shop/settings.py:5): SHOP_TOKEN: see the manual")


@pytest.mark.parametrize(
    "source",
    [
        'raise ImproperlyConfigured("wrong DEBUG")',
        '{}["OTHER"]',
        'raise ValueError("SHOP_TOKENS")',
        'int("x")',
        'raise AttributeError("SHOP_TOKEN")',
        'try:\n    os.environ["SHOP_TOKEN"]\nexcept KeyError:\n    None.upper()',
        'try:\n    os.environ["SHOP_TOKEN"]\nexcept KeyError:\n    raise ValueError("other") from None',
        'import json\njson.loads("SHOP_TOKEN")',
    ],
)
def test_an_error_about_something_else_is_not_explained(tmp_path: Path, source: str) -> None:
    assert _explained(tmp_path, source) is None


def test_a_variable_that_is_set_is_not_missing(tmp_path: Path) -> None:
    assert _explained(tmp_path, 'raise ValueError("SHOP_TOKEN is wrong")', {"SHOP_TOKEN": ""}) is None
