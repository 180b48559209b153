"""Known secrets, taken out of texts."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest

from django_pyz_runtime.secrets.recognise import HIDDEN, shown, shown_name
from django_pyz_runtime.secrets.redaction import Redactor

SECRET = 'hun"ter\\2%é'


def redactor(key: str, text: str) -> Redactor:
    made = Redactor({})
    made.remember([(key, text)])
    return made


@pytest.mark.parametrize("as_it_stands", [str, repr, json.dumps, lambda text: quote(text, safe="")])
def test_a_secret_is_found_however_it_is_quoted(as_it_stands: type[str]) -> None:
    told = redactor("SECRET_KEY", SECRET).redacted(f"cannot use {as_it_stands(SECRET)}.")
    assert told.replace('"', "").replace("'", "") == f"cannot use {HIDDEN}."


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("DATABASES.default", "postgres://u:hunter%32@h/n"),
        ("DATABASES.default", "postgres://u:hunter2@h/n"),
        ("BROKER_URL", "amqp://u@x:hunter2@h"),
        ("ODBC", "Server=x; Pwd='hunter2'; Uid=u"),
        ("DATABASES", '{"default": {"PASSWORD": "hunter2", "HOST": "x.example.org"}}'),
        ("TOKENS", '["hunter2", "another"]'),
        ("TOKENS", "another, hunter2"),
        ("PRIVATE_KEY", "-----BEGIN\nhunter2\n-----END"),
        ("INDEX", "https://hunter2@h/simple"),
    ],
)
def test_the_secret_part_of_a_value_is_known(key: str, text: str) -> None:
    assert redactor(key, text).redacted("x.example.org u hunter2") == f"x.example.org u {HIDDEN}"


def test_secrets_of_the_environment_are_known_by_their_names() -> None:
    made = Redactor({"API_TOKEN": "hunter2", "PWD": "/folder", "SECRET": "short"})
    assert made.redacted("hunter2 /folder short") == f"{HIDDEN} /folder short"


@pytest.mark.parametrize("as_it_stands", [html.escape, lambda text: quote(text, safe="").replace("%C3", "%c3")])
def test_a_secret_is_found_in_html_and_with_small_escapes(as_it_stands: Callable[[str], str]) -> None:
    secret = "it's<hunter>&2/é"
    lowered = re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), as_it_stands(secret))
    assert redactor("API_TOKEN", secret).redacted(f"x {lowered} y") == f"x {HIDDEN} y"
    assert redactor("API_TOKEN", secret).redacted(html.escape(secret).replace("&#x27;", "&#39;")) == HIDDEN


@pytest.mark.parametrize("word", ["postgres", "django", "Secret", "123456", "20261128"])
def test_a_word_or_number_is_secret_only_where_a_name_says_so(word: str) -> None:
    made = redactor("DATABASES.default.PASSWORD", word)
    line = json.dumps({"file": f"/usr/lib/{word}/db/{word}.py", "module": f"{word}.core", "number": 123456})
    assert made.redacted(line) == line
    for text in (
        f"password={word} host=h",
        f'"PASSWORD": "{word}"',
        json.dumps({"told": f"{{'PASSWORD': '{word}'}}"}),
        f"amqp://u:{word}@h/n",
    ):
        assert made.redacted(text) == text.replace(word, HIDDEN)


def test_what_settings_read_from_a_file_is_known_when_it_is_there() -> None:
    environ: dict[str, str] = {}
    made = Redactor(environ)
    made.redacted("before")
    settings = {"SERVICE_TOKEN": "hunter2"}
    environ["OTHER_TOKEN"] = "hunter3"
    made.remember_later(settings.items)
    assert made.redacted("hunter2 hunter3") == f"{HIDDEN} {HIDDEN}"


def test_a_secret_that_comes_later_is_known_as_well() -> None:
    made = redactor("API_TOKEN", "hunter2")
    made.redacted("")
    made.remember([("LATER_TOKEN", "hunter3")])
    assert made.redacted("hunter2 hunter3") == f"{HIDDEN} {HIDDEN}"


def test_of_two_secrets_the_longer_one_goes_first() -> None:
    made = redactor("A_TOKEN", "hunter2")
    made.remember([("B_TOKEN", "hunter2hunter2!")])
    assert made.redacted("hunter2hunter2!") == HIDDEN


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://hunter2@h/x", f"https://{HIDDEN}@h/x"),
        ("postgres://user@h/x", "postgres://user@h/x"),
        ("https://h/@user", "https://h/@user"),
        ("a://u:p q@h, b://v:w@i", f"a://u:{HIDDEN}@h, b://v:{HIDDEN}@i"),
        ("host=h password='p q' user=u", f"host=h password={HIDDEN} user=u"),
        ("x://h/?a=b&api_key=hunter2&c=d", f"x://h/?a=b&api_key={HIDDEN}&c=d"),
        ("monkey=x", "monkey=x"),
        ("postgres:/u:hunter2@h/n", f"postgres:/u:{HIDDEN}@h/n"),
        ("postgres//u:hunter2@h/n", f"postgres//u:{HIDDEN}@h/n"),
        ("u:hunter2@h:5432/n", f"u:{HIDDEN}@h:5432/n"),
        ("u:hunter2@h/n", f"u:{HIDDEN}@h/n"),
        ("mailto:ann@example.org", "mailto:ann@example.org"),
        ("git@example.org:shop/site", "git@example.org:shop/site"),
        ("npm:react@18", "npm:react@18"),
    ],
)
def test_what_is_secret_in_a_text_is_not_shown(text: str, told: str) -> None:
    assert shown("VALUE", text) == told


@pytest.mark.parametrize("name", ["DATABASES.default1.NAME", "INSTALLED_APPS +", "shop/x", "Auth0", "the key", ""])
def test_a_name_is_shown(name: str) -> None:
    assert shown_name(name) == repr(name)


@pytest.mark.parametrize("name", ["MIIEvQIBADANBgkq+hkiG9w", "b2Nxyz81KdQ", "redis://:hunter2@h/0?a", "x" * 61])
def test_what_may_be_a_piece_of_a_secret_is_not_named(name: str) -> None:
    assert name not in shown_name(name)
