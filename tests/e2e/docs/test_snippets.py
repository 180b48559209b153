"""What the tutorial and the how-to pages show of configuration is accepted, and each command says where it is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from django.conf import global_settings

from django_pyz.options import read_table
from django_pyz_runtime.boot.arguments import Arguments
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.config import levels
from django_pyz_runtime.config.gunicorn_section import gunicorn_problems
from tests.e2e.docs.pages import Page, pages

MANIFEST = Manifest("shop", "shop", "shop.settings", ("",), "3.11")
OF_PACKAGES = ("AWS_", "CELERY_", "STORAGES")
"""How settings begin that are not Django's own."""
ALL = pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)


@ALL
def test_settings_ini_is_accepted(page: Page, tmp_path: Path) -> None:
    for block in page.blocks():
        if block.language == "ini":
            path, secret = tmp_path / "settings.ini", tmp_path / "secret"
            path.write_text(re.sub(r"@file = \S+", f"@file = {secret}", block.text))
            secret.write_text("sqlite://")
            for file in (path, secret):
                file.chmod(0o600)
            configuration = levels.load(MANIFEST, Arguments(str(path), (), []), {}, 0)
            problems = [*configuration.problems, *gunicorn_problems(configuration.section("gunicorn"))]
            assert problems == [], block.text
            names = [re.split(r"[.@ ]", value.key)[0] for value in configuration.section("settings")]
            known = [hasattr(global_settings, name) or name.startswith(OF_PACKAGES) for name in names]
            assert all(known), names


@ALL
def test_the_options_of_a_build_are_accepted(page: Page, tmp_path: Path) -> None:
    for block in page.blocks():
        if block.language == "toml":
            path = tmp_path / "pyproject.toml"
            path.write_text(block.text)
            read_table(path)


@ALL
def test_yaml_is_yaml(page: Page) -> None:
    for block in page.blocks():
        if block.language == "yaml":
            assert all(yaml.safe_load_all(block.text)), block.text


@ALL
def test_each_command_says_where_it_is_run_or_why_not(page: Page) -> None:
    for block in page.blocks():
        if block.language == "console":
            assert block.where or re.match("not tested: .", block.comment), block.text
            assert block.commands


@ALL
def test_a_page_is_short_and_names_its_reference(page: Page) -> None:
    words = len(re.sub(r"(?s)```.*?```|<!--.*?-->", "", page.text).split())
    assert page.name.startswith("tutorial") or words <= 450, words
    # mkdocs looks whether links lead somewhere.
    assert "](../reference/" in page.text
