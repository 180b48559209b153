"""The output of commands that print settings, such as `diffsettings`, without secrets."""

from __future__ import annotations

import re

from django_pyz_runtime.secrets.recognise import HIDDEN, is_path, is_secret_name, without_passwords_in_urls
from django_pyz_runtime.secrets.redaction import redacted

_LINE = re.compile(
    r"^(?P<before>(?:\x1b\[[\d;]*m|\W)*(?P<name>[A-Z][A-Z0-9_]*)\s*[=:]\s*)"
    r"(?P<value>\S.*?)(?P<after>(?:\x1b\[[\d;]*m|\s|###)*)$",
    re.MULTILINE,
)
_ITEM = re.compile(r"""(?P<before>(["'])(?P<name>[^"'\n]*)\2\s*:\s*[bru]?)(?P<value>"[^"\n]*"|'[^'\n]*')(?P<after>)""")
_EMPTY = re.compile(r"""["'(){}\[\],\s]*|None|True|False""")


def shown_print(text: str) -> str:
    """A text without the secrets that are known, and without the values of names that say that they are secrets.

    Args:
        text: lines of NAME = value, or what a dictionary or JSON looks like.
    """
    return without_passwords_in_urls(_LINE.sub(_hide, _ITEM.sub(_hide, redacted(text))))


def _hide(found: re.Match[str]) -> str:
    value = found["value"]
    is_shown = not is_secret_name(found["name"]) or _EMPTY.fullmatch(value) or is_path(value.strip("\"'"))
    quote = value[0] if value[0] in "\"'" else ""
    return found[0] if is_shown else f"{found['before']}{quote}{HIDDEN}{quote}{found['after']}"
