"""`pyz config discover`."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import pytest

from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import Manifest, Variable
from django_pyz_runtime.commands.pyz import discover


def _said(manifest: Manifest, *variables: Variable) -> int:
    bundle = Bundle(Path("/usr/bin/shop"), Path("/tree"), "b", replace(manifest, variables=variables))
    return discover.run(bundle, Arguments("/etc/shop/settings.ini", (), []), Namespace())


def test_the_variables_without_a_default_come_first(manifest: Manifest, capsys: pytest.CaptureFixture[str]) -> None:
    topic = Variable("TOPIC", "'crashes'", "text", "shop/settings.py:9")
    assert _said(manifest, topic, Variable("DATABASE_URL", None, "url", "shop/settings.py:3")) == 0

    assert capsys.readouterr().out == (
        "Without a default; set them in the section [env] of /etc/shop/settings.ini:\n"
        "  DATABASE_URL  (shop/settings.py:3, url)\n"
        "Others:\n"
        "  TOPIC = 'crashes'  (shop/settings.py:9, text)\n"
    )


def test_a_default_that_looks_like_a_secret_is_not_shown(
    manifest: Manifest, capsys: pytest.CaptureFixture[str]
) -> None:
    _said(manifest, Variable("SECRET_KEY", "'only-here'", "", "shop/settings.py:1"))

    assert "only-here" not in capsys.readouterr().out


def test_settings_that_read_none_say_so(manifest: Manifest, capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(manifest) == 0

    assert capsys.readouterr().out.startswith("The settings read no environment variables")
