"""What must not be shown: secrets by the name of their key, and passwords inside URLs."""

from __future__ import annotations

import re

HIDDEN = "********"

_SECRET = r"secret|passw|passphrase|token|credential|private|salt|dsn|api_?key|access_?key|auth_?key"
_SECRET_NAME = re.compile(rf"{_SECRET}|(^|_)key\W*$", re.IGNORECASE)
_ABOUT_SECRETS = re.compile(r"_(age|hashers|length|lifetime|name|path|timeout|url|validators)\W*$", re.IGNORECASE)
"""Names that speak of secrets without holding one, such as PASSWORD_RESET_TIMEOUT."""
_SECRET_ITEM = re.compile(rf"""["'][^"']*({_SECRET}|_key)[^"']*["']\s*:""", re.IGNORECASE)
_NO_SECRETS = {"", "true", "false", "yes", "no", "on", "off", "none"}
_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)(\S+)(@)")


def is_secret(key: str, text: str) -> bool:
    """Whether a value is to be kept from others: by the names in its key and inside it, or a URL's password.

    Args:
        key: as in settings.ini, for example DATABASES.default.PASSWORD.
        text: the value.
    """
    return shown(key, text) != text


def is_secret_name(key: str) -> bool:
    """Whether a key says that its value is a secret, by any of its parts."""
    return any(_SECRET_NAME.search(part) and not _ABOUT_SECRETS.search(part) for part in key.split("."))


def shown(key: str, text: str) -> str:
    """The value as it may be shown."""
    if text.strip().lower() not in _NO_SECRETS and (is_secret_name(key) or _SECRET_ITEM.search(text)):
        return HIDDEN
    return _URL_PASSWORD.sub(rf"\1{HIDDEN}\3", text)
