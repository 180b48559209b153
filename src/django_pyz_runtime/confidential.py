"""What must not be shown: secrets by the name of their key, and passwords inside URLs."""

from __future__ import annotations

import re

HIDDEN = "********"

_SECRET = r"secret|passw|passphrase|token|credential|private|salt|dsn|api_?key|access_?key|auth_?key"
_SECRET_NAME = re.compile(rf"{_SECRET}|(^|_)key\W*$", re.IGNORECASE)
_ABOUT_SECRETS = re.compile(r"_(age|hashers|length|lifetime|name|path|timeout|url|validators)\W*$", re.IGNORECASE)
"""Names that speak of secrets without holding one, such as PASSWORD_RESET_TIMEOUT."""
_SECRET_ITEM = re.compile(rf"""["'][^"']*({_SECRET}|_key)[^"']*["']\s*:""", re.IGNORECASE)
_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)(\S+)(@)")


def is_secret(key: str, text: str) -> bool:
    """Whether a value is to be kept from others: by the last part of its key, by names inside it, or a URL's password.

    Args:
        key: as in settings.ini, for example DATABASES.default.PASSWORD.
        text: the value.
    """
    return shown(key, text) != text


def shown(key: str, text: str) -> str:
    """The value as it may be shown."""
    name = key.rpartition(".")[2]
    is_named_so = _SECRET_NAME.search(name) and not _ABOUT_SECRETS.search(name)
    if text and (is_named_so or _SECRET_ITEM.search(text)):
        return HIDDEN
    return _URL_PASSWORD.sub(rf"\1{HIDDEN}\3", text)
