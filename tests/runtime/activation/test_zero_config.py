"""The embedded default."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from django_pyz_runtime.activation.zero_config import (
    LOCAL_HOSTS,
    harden_for_serving,
    key_variables,
    needs_secret_key,
    secret_key,
)
from django_pyz_runtime.bundle.manifest import Manifest, Variable
from django_pyz_runtime.errors import UserError


@pytest.mark.parametrize(
    ("namespace", "needs"),
    [
        ({}, True),
        ({"SECRET_KEY": ""}, True),
        ({"SECRET_KEY": None}, True),
        ({"SECRET_KEY": "django-insecure-x"}, True),
        ({"SECRET_KEY": "x"}, False),
        ({"SECRET_KEY": b"x"}, False),
    ],
)
def test_a_key_is_needed_where_there_is_none_of_use(namespace: dict[str, Any], needs: bool) -> None:
    assert needs_secret_key(namespace) is needs


def test_a_key_is_made_once_and_kept_private(tmp_path: Path) -> None:
    key = secret_key(tmp_path / "a/data")
    assert len(key) >= 50
    assert secret_key(tmp_path / "a/data") == key
    assert stat.S_IMODE((tmp_path / "a/data/secret_key").stat().st_mode) == 0o600
    assert os.listdir(tmp_path / "a/data") == ["secret_key"]


def test_two_sites_have_two_keys(tmp_path: Path) -> None:
    assert secret_key(tmp_path / "one") != secret_key(tmp_path / "two")


def test_many_that_come_at_once_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: secret_key(tmp_path / "data"), range(64)))
    assert len(keys) == 1
    assert os.listdir(tmp_path / "data") == ["secret_key"]


@pytest.mark.parametrize("content", [None, b"\xff"])
def test_a_key_that_cannot_be_kept_is_an_error_with_the_next_step(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "data/secret_key"
    path.parent.mkdir()
    if content:
        path.write_bytes(content)
    else:
        path.mkdir()
    with pytest.raises(UserError, match=f"^{path}: the generated secret key cannot be kept there") as caught:
        secret_key(tmp_path / "data")
    assert caught.value.hint.startswith("Set [settings] SECRET_KEY")


def test_a_site_that_names_no_host_is_open_to_this_machine_only() -> None:
    namespace: dict[str, Any] = {"DEBUG": True, "ALLOWED_HOSTS": []}
    harden_for_serving(namespace, may_debug=False)
    assert (namespace["DEBUG"], namespace["ALLOWED_HOSTS"]) == (False, LOCAL_HOSTS)


def test_hosts_that_the_project_allows_stay() -> None:
    own = {"ALLOWED_HOSTS": ["www.example.org"], "DEFAULT_EXCEPTION_REPORTER_FILTER": "own"}
    namespace: dict[str, Any] = dict(own)
    harden_for_serving(namespace, may_debug=False)
    assert namespace == {"DEBUG": False, **own}


def test_an_operator_who_asks_for_debug_pages_gets_them() -> None:
    namespace: dict[str, Any] = {"DEBUG": True, "ALLOWED_HOSTS": ["*"]}
    harden_for_serving(namespace, may_debug=True)
    assert namespace["DEBUG"]


@pytest.mark.parametrize(
    ("name", "is_required", "is_given"),
    [
        ("SECRET_KEY", True, True),
        ("DJANGO_SECRET_KEY", True, True),
        ("PROJECT_SECRET_KEY", True, True),
        ("MYPROJ_SECRET_KEY", True, True),
        ("SECRET_KEY", False, False),
        ("PAYMENT_SECRET_KEY", True, False),
    ],
)
def test_a_key_that_the_settings_want_from_the_environment_is_known_by_its_name(
    manifest: Manifest, name: str, is_required: bool, is_given: bool
) -> None:
    variable = Variable(name, None, "", "myproj/settings.py:1", is_required)

    assert key_variables(manifest._replace(variables=(variable,))) == ([name] if is_given else [])
