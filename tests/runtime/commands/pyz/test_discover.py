"""`pyz config discover`."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest, Variable
from django_pyz_runtime.commands.pyz import config


def _said(manifest: Manifest, *variables: Variable) -> int:
    bundle = Bundle(Path("/usr/bin/shop"), Path("/tree"), "b", manifest._replace(variables=variables))
    return config.run_discover(bundle, Arguments("/etc/shop/settings.ini", (), []), Namespace())


def test_the_variables_that_are_required_come_first(manifest: Manifest, capsys: pytest.CaptureFixture[str]) -> None:
    topic = Variable("TOPIC", "'crashes'", "text", "shop/settings.py:9")
    key = Variable("S3_KEY", None, "", "shop/settings.py:12", condition="if USE_S3")
    url = Variable("DATABASE_URL", None, "url", "shop/settings.py:3", is_required=True)
    assert _said(manifest, topic, key, url) == 0

    assert capsys.readouterr().out == (
        "Required; set them in the section [env] of /etc/shop/settings.ini:\n"
        "  DATABASE_URL  (shop/settings.py:3, url)\n"
        "Optional:\n"
        "  TOPIC  = 'crashes'  (shop/settings.py:9, text)\n"
        "  S3_KEY  (shop/settings.py:12, if USE_S3)\n"
    )


def test_a_default_that_looks_like_a_secret_is_not_shown(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    _said(manifest, Variable("SECRET_KEY", "'only-here'", "", "shop/settings.py:1"))

    assert capsys.readouterr().out == "Optional:\n  SECRET_KEY = ********  (shop/settings.py:1)\n"


@pytest.mark.parametrize("default", ["''", "None", "get_random_secret_key()", "'redis://localhost:6379/0'"])
def test_a_default_that_holds_no_secret_is_shown_whatever_its_name(
    manifest: Manifest, capsys: pytest.CaptureFixture[str], default: str
) -> None:
    _said(manifest, Variable("CACHE_TOKEN", default, "", "shop/settings.py:1"))

    assert capsys.readouterr().out == f"Optional:\n  CACHE_TOKEN = {default}  (shop/settings.py:1)\n"


def test_settings_that_read_none_say_so(manifest: Manifest, capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(manifest) == 0

    assert capsys.readouterr().out.startswith("The settings read no environment variables")
