"""Values of the command line in the text of a settings.ini."""

from __future__ import annotations

import pytest

from django_pyz_runtime.boot import ini
from django_pyz_runtime.config.settings_ini import fresh_settings_ini
from django_pyz_runtime.errors import UserError
from django_pyz_runtime.release.install.settings_file import with_values, without_secrets

FRESH = fresh_settings_ini("shop", (), for_system=True)


def entries(text: str) -> dict[tuple[str, str], str]:
    found, problems = ini.read(text.encode())
    assert problems == []
    return {(entry.section, entry.key): entry.text for entry in found}


def values(text: str, *given: str, is_new: bool = True) -> str:
    return with_values("/etc/shop/settings.ini", text, [("--set", one) for one in given], is_new=is_new)


@pytest.mark.parametrize(
    ("given", "section", "key", "value"),
    [
        ("settings.ALLOWED_HOSTS=shop.example.org", "settings", "ALLOWED_HOSTS", "shop.example.org"),
        ("settings.DEFAULT_FROM_EMAIL = a@b.example", "settings", "DEFAULT_FROM_EMAIL", "a@b.example"),
        ("settings.SECRET_KEY@file=/etc/shop/key", "settings", "SECRET_KEY@file", "/etc/shop/key"),
        ("settings.INSTALLED_APPS+=one.more", "settings", "INSTALLED_APPS +", "one.more"),
        ("serve.bind=0.0.0.0:80", "serve", "bind", "0.0.0.0:80"),
        ("env.GREETING=50 % of $HOME = #1; \\", "env", "GREETING", "50 % of $HOME = #1; \\"),
        ("env.LINES=one\ntwo", "env", "LINES", "one\ntwo"),
        ("env.NOTHING=", "env", "NOTHING", ""),
    ],
)
def test_a_value_stands_in_the_file_once(given: str, section: str, key: str, value: str) -> None:
    made = entries(values(FRESH, given))
    assert made[section, key] == value
    base = key.partition("@")[0]
    assert [one for one in made if one[0] == section and one[1].partition("@")[0] == base] == [(section, key)]
    assert {one for one in entries(FRESH) if one[1] != base} <= made.keys()


def test_an_example_gives_its_place() -> None:
    lines = values(FRESH, "serve.workers=2").splitlines()
    place = lines.index("workers = 2")
    assert any("Number of worker processes" in line for line in lines[place - 3 : place])
    assert not any(line.startswith("#workers") for line in lines)


def test_additions_add_up() -> None:
    made = entries(values(FRESH, "settings.INSTALLED_APPS+=one", "settings.INSTALLED_APPS+=two"))
    assert made["settings", "INSTALLED_APPS +"] == "one, two"


def test_a_section_that_is_missing_is_made() -> None:
    assert values("[settings]\nDEBUG = false", "serve.workers=2", is_new=False) == (
        "[settings]\nDEBUG = false\n\n[serve]\nworkers = 2\n"
    )


def test_what_an_operator_has_written_is_not_replaced() -> None:
    text = "[settings]\nDEBUG = false\nSECRET_KEY = swordfish-swordfish\n"
    assert values(text, "settings.DEBUG=false", is_new=False) == text
    with pytest.raises(UserError) as told:
        values(text, "settings.DEBUG=true", "settings.SECRET_KEY=octopus-octopus", is_new=False)
    assert str(told.value).startswith(
        "/etc/shop/settings.ini:2: [settings] DEBUG is 'false', and --set settings.DEBUG says 'true'\n"
        "/etc/shop/settings.ini:3: [settings] SECRET_KEY is '********', and --set settings.SECRET_KEY says '********'\n"
    )


def test_a_value_that_no_line_can_hold_is_refused() -> None:
    with pytest.raises(UserError, match="cannot be written into"):
        values(FRESH, "env.TEXT=one\n# two")


def test_no_secret_is_shown() -> None:
    shown = without_secrets(values(FRESH, "settings.EMAIL_HOST_PASSWORD=swordfish-9"))
    assert "swordfish" not in shown
    assert entries(shown)["settings", "SECRET_KEY"] == "********"
    assert entries(shown).keys() == entries(values(FRESH, "settings.EMAIL_HOST_PASSWORD=swordfish-9")).keys()
