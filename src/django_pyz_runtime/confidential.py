"""What must not be shown: secrets by the name of their key, and passwords inside URLs."""

from __future__ import annotations

import re

HIDDEN = "********"

_SECRET_NAME = re.compile(
    r"secret|passw|passphrase|token|credential|private|salt|dsn|api_?key|access_?key|auth_?key|(^|_)key$", re.IGNORECASE
)
_URL_PASSWORD = re.compile(r"(://[^/\s:@]*:)([^/\s]+)(@)")


def is_secret(key: str, text: str) -> bool:
    """Whether a value is to be kept from others: by the last part of its key, or a password in a URL.

    Args:
        key: as in settings.ini, for example DATABASES.default.PASSWORD.
        text: the value.
    """
    return bool(text) and (bool(_SECRET_NAME.search(key.rpartition(".")[2])) or bool(_URL_PASSWORD.search(text)))


def shown(key: str, text: str) -> str:
    """The value as it may be shown."""
    if text and _SECRET_NAME.search(key.rpartition(".")[2]):
        return HIDDEN
    return _URL_PASSWORD.sub(rf"\1{HIDDEN}\3", text)
