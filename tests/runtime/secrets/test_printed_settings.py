"""Settings as commands print them."""

from __future__ import annotations

import pytest

from django_pyz_runtime.secrets.printed_settings import shown_print

SHOWN = """\
ALLOWED_HOSTS = ['www.example.org']
DATABASES = {'default': {'NAME': 'shop', 'PASSWORD': '', 'OPTIONS': {}}}
### SECRET_KEY = ''
GOOGLE_APPLICATION_CREDENTIALS = '/etc/shop/google.json'  ###
  PASSWORD_RESET_TIMEOUT = 259200
- SECRET_KEY_FALLBACKS = []
"""


def test_what_is_no_secret_stays_as_it_is() -> None:
    assert shown_print(SHOWN) == SHOWN


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("SECRET_KEY = 'abc'\n", "SECRET_KEY = '********'\n"),
        ("+ API_TOKEN = 'abc'  ###\n", "+ API_TOKEN = '********'  ###\n"),
        ("\x1b[32;1m+ API_TOKEN = 'abc'\x1b[0m\n", "\x1b[32;1m+ API_TOKEN = '********'\x1b[0m\n"),
        ("SIGNING_KEY                    = b'abc'\n", "SIGNING_KEY                    = ********\n"),
        ("SECRET_KEY_FALLBACKS = ['abc', 'def']\n", "SECRET_KEY_FALLBACKS = ********\n"),
        ("API_TOKEN: abc\n", "API_TOKEN: ********\n"),
        (
            "DATABASES = {'default': {'USER': 'me', 'PASSWORD': 'abc', 'HOST': 'db'}}\n",
            "DATABASES = {'default': {'USER': 'me', 'PASSWORD': '********', 'HOST': 'db'}}\n",
        ),
        ('{\n    "API_TOKEN": "abc"\n}\n', '{\n    "API_TOKEN": "********"\n}\n'),
        ("BROKER_URL = 'amqp://me:abc@host//'\n", "BROKER_URL = 'amqp://me:********@host//'\n"),
    ],
)
def test_a_secret_is_hidden_however_short_it_is(printed: str, expected: str) -> None:
    assert shown_print(printed) == expected
