"""A login that fails fails its test, or nothing would be told by the others."""

from __future__ import annotations

import pytest

from tests.e2e.corpus.login import MAKE_USER, PASSWORD, Login
from tests.e2e.harness import Machine


def test_only_the_right_password_shows_the_page_for_users(migrated: Machine) -> None:
    migrated.succeed(*MAKE_USER, DJANGO_SUPERUSER_PASSWORD=PASSWORD)
    login = Login(url="/admin/login/", then="/admin/password_change/", shows="Log out")
    with migrated.serving("--workers", "1") as server:
        login.try_at(server.url, {})

        with pytest.raises(AssertionError, match="wanted 'Log out'"):
            login.try_at(server.url, {}, password="wrong")
        with pytest.raises(AssertionError, match="to anyone"):
            Login(url="/admin/login/", then="/admin/login/", shows="Log in").try_at(server.url, {})
        with pytest.raises(AssertionError, match="no form with"):
            Login(url="/admin/login/", then="/admin/", user="email").try_at(server.url, {})
