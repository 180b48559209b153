"""What must not be shown."""

from __future__ import annotations

import pytest

from django_pyz_runtime.secrets.recognise import HIDDEN, is_secret, shown, shown_source

SECRETS = [
    ("SECRET_KEY", "hunter2"),
    ("SECRET_KEY@file", "hunter2"),
    ("SECRET_KEY_FALLBACKS +", "hunter2"),
    ("DATABASES.default.PASSWORD", "hunter2"),
    ("EMAIL_HOST_PASSWORD", "hunter2"),
    ("AWS_ACCESS_KEY_ID", "hunter2"),
    ("STRIPE_KEY", "hunter2"),
    ("STRIPE_KEYS.KEY +", "hunter2"),
    ("SENTRY_DSN", "https://hunter2@example.org"),
    ("apikey", "hunter2"),
    ("private_key", "hunter2"),
    ("DBPASS", "hunter2"),
    ("DBPASSWD", "hunter2"),
    ("MYSQL_PWD", "hunter2"),
    ("SMTP_PW", "hunter2"),
    ("dbpwd", "hunter2"),
    ("LICENSEKEY", "hunter2"),
    ("LICENCE_KEY_2026", "hunter2"),
    ("ENCRYPTIONKEY", "hunter2"),
    ("HMACKEY", "hunter2"),
    ("DATABASES", '{"default": {"PASSWORD": "hunter2"}}'),
    ("X", "{'api_key': 'hunter2'}"),
    ("DATABASES.default", "postgres://u:hunter2@h/n"),
    ("DATABASES.default", "postgres://u:hunter2@hunter2@h/n"),
    ("DATABASES.default", "postgres://u:slash/hunter2@h/n"),
    ("SECRET_KEY", "/hunter2/kd8x"),
    ("API_KEY", "/etc/9fJhunter2Ks8dLmQ"),
    ("GOOGLE_APPLICATION_CREDENTIALS", '{"type": "service_account", "private_key": "hunter2"}'),
    ("CACHE_URL", "redis://:hunter2@h:6379/0"),
]


@pytest.mark.parametrize(("key", "text"), SECRETS)
def test_a_secret_is_hidden(key: str, text: str) -> None:
    assert is_secret(key, text)
    assert "hunter2" not in shown(key, text)
    assert HIDDEN in shown(key, text)


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("DEBUG", "true"),
        ("MONKEY", "x"),
        ("BYPASS", "x"),
        ("COMPASS", "x"),
        ("PWD", "/folder"),
        ("OLDPWD", "/folder"),
        ("CREDENTIALS_DIRECTORY", "/run/credentials/shop.service"),
        ("SECRET_KEY_FILE", "/run/secrets/key"),
        ("JWT_TOKEN_ALGORITHM", "HS256"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/etc/shop/google.json"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/keys/shop-service_account.json"),
        ("FIREBASE_CREDENTIALS", "~/firebase.json"),
        ("SSL_KEY", "/etc/ssl/private/shop.key"),
        ("APP_PRIVATE_KEY", "/run/secrets/app_key"),
        ("KEYBOARD", "x"),
        ("CACHES.default.KEY_PREFIX", "x"),
        ("DATABASES.default", "postgres://user@host:5432/name"),
        ("DATABASES", '{"default": {"NAME": "x"}}'),
        ("BASE_URL", "https://example.org:8000/path"),
        ("SECRET_KEY", ""),
    ],
)
def test_what_is_no_secret_is_shown(key: str, text: str) -> None:
    assert not is_secret(key, text)
    assert shown(key, text) == text


def test_of_a_url_all_but_the_password_is_shown() -> None:
    assert shown("DATABASE_URL", "postgres://u:hunter2@h:5432/n?a=b") == f"postgres://u:{HIDDEN}@h:5432/n?a=b"


@pytest.mark.parametrize("key", ["PASSWORD_RESET_TIMEOUT", "PASSWORD_HASHERS +", "AUTH_PASSWORD_VALIDATORS"])
def test_what_only_speaks_of_secrets_is_shown(key: str) -> None:
    assert shown(key, "12") == "12"


@pytest.mark.parametrize(
    "source",
    [
        "''",
        "None",
        "b''",
        "get_random_secret_key()",
        "BASE_DIR / KEY_NAME",
        "'redis://localhost:6379/0'",
        "'https://user.example.org/hook' if DEBUG else ''",
    ],
)
def test_the_source_of_a_value_is_shown_where_no_secret_stands_in_it(source: str) -> None:
    assert shown_source("API_TOKEN", source) == source


@pytest.mark.parametrize(
    "source",
    [
        "'hunter2'",
        "b'hunter2'",
        "'' or 'hunter2'",
        "f'{PREFIX}hunter2'",
        "'redis://u:hunter2@localhost'",
        "'https://hunter2@sentry.example.org/1'",
        "'https://hooks.example.org/hunter2T0K3NabcDEF'",
        "'hunter2...",
        "('hunter2', 1)",
    ],
)
def test_the_source_of_a_secret_is_hidden(source: str) -> None:
    assert "hunter2" not in shown_source("API_TOKEN", source)


def test_the_source_of_anything_else_is_shown_less_the_passwords_in_it() -> None:
    assert shown_source("DATABASE_URL", "'pg://u:hunter2@h/n'") == f"'pg://u:{HIDDEN}@h/n'"
    assert shown_source("COLOUR", "'blue'") == "'blue'"
