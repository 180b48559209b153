"""The types of the values in the section [settings].

A value gets the type of the one it replaces, or the type that Django documents if its default does not show it: a file
mode is octal, a header is a pair. Without either, Python's words (True, False, None) and JSON are understood, and a
number if Python would write it in the same way: 1.10 and 1e10 stay strings, as they may be versions and names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from django_pyz_runtime.config.values import BOOLEAN, DURATION, Kind, checked, path
from django_pyz_runtime.secrets.recognise import is_secret_name
from django_pyz_runtime.texts import is_json_array, parse_literal, word_list

MISSING = object()
"""Stands for the current value of a setting that is not set."""
SEQUENCES = (list, tuple, set, frozenset)
DIGITS = 100
"""Of a number: one of thousands could be read, but not be shown (sys.set_int_max_str_digits)."""

_LIST = "a list, separated by commas or lines, or a JSON array"
_WORDS = {"true": True, "false": False}
_NONE = ("None", "null")
_FILE_MODE = r"(?i)permissions(_mode)?$|chmod$|umask$|(file|dir|directory|folder)_mode$"
_SAME_SITE = r"(?i)samesite$"
"""Settings for which None is a word of the cookie's."""
_OF_PAIRS = ("ADMINS", "LANGUAGES", "MANAGERS")
_PAIR = ("SECURE_PROXY_SSL_HEADER",)
_NUMBERS = ("EMAIL_TIMEOUT", "LANGUAGE_COOKIE_AGE", "CSRF_COOKIE_AGE", "CONN_MAX_AGE")
"""Settings of Django's that are whole numbers where they are not None."""
_TEXTS = (
    *("CSRF_COOKIE_DOMAIN", "CSRF_COOKIE_PATH", "EMAIL_SSL_CERTFILE", "EMAIL_SSL_KEYFILE", "FILE_UPLOAD_TEMP_DIR"),
    *("FORCE_SCRIPT_NAME", "FORMAT_MODULE_PATH", "LANGUAGE_COOKIE_DOMAIN", "SECURE_SSL_HOST", "SESSION_COOKIE_DOMAIN"),
    *("SESSION_FILE_PATH", "STATIC_ROOT", "STATIC_URL", "WSGI_APPLICATION"),
)
"""Settings of Django's that are texts where they are not None."""


def kind_of(names: tuple[str, ...], current: Any) -> Kind:
    """The type of a setting.

    Args:
        names: lead to it: the setting, and the keys inside it.
        current: the value to replace; MISSING where there is none.
    """
    kind = _documented(names, current) or _by_value(names, current)
    if isinstance(current, bool) or kind.parse is _guess:
        return kind
    return Kind(kind.wanted, partial(_none_or, names=names, parse=kind.parse))


def _none_or(text: str, names: tuple[str, ...], parse: Callable[[str], Any]) -> Any:
    """None for its word; in quotes, that is a text."""
    if text in _NONE and not re.search(_SAME_SITE, names[-1]):
        return None
    return parse(text[1:-1] if text in [quote + word + quote for word in _NONE for quote in "\"'"] else text)


def _documented(names: tuple[str, ...], current: Any) -> Kind | None:
    """The type that Django documents, if the value does not show it."""
    is_open = current is None or current is MISSING
    is_number = isinstance(current, int) and not isinstance(current, bool)
    if re.search(_FILE_MODE, names[-1]) and (is_open or is_number):
        return Kind("a file mode such as 640 or 0o640", _file_mode)
    if names[0] in _PAIR and is_open:
        return Kind("two texts, separated by a comma, or a JSON array of two", _pair)
    if names[0] in _OF_PAIRS and len(names) == 1 and isinstance(current, list | tuple):
        return Kind(_LIST, lambda text: _with_pairs(_sequence(text, current)))
    if names[-1] in _NUMBERS and is_open:
        return Kind("a whole number", _whole_number)
    return Kind("some text", str) if names in [(name,) for name in _TEXTS] and is_open else None


def _by_value(names: tuple[str, ...], current: Any) -> Kind:
    from django.utils.functional import Promise

    if current is None or current is MISSING:
        is_secret = is_secret_name(".".join(names)) and names[-1].lower() != "key"
        return Kind("some text", _word_or_text) if is_secret else Kind("JSON or text", _guess)
    kinds: tuple[tuple[Any, Kind], ...] = (
        (bool, BOOLEAN),
        (int, Kind("a whole number", _whole_number)),
        (float, Kind("a number", float)),
        (timedelta, DURATION),
        (Path, Kind("a path", path)),
        (SEQUENCES, Kind(_LIST, partial(_sequence, current=current))),
        (dict, Kind("a JSON object", checked(lambda found: isinstance(found, dict), parse_literal))),
        ((str, Promise), Kind("some text", str)),
    )
    none_fits = checked(lambda text: False)
    other = Kind(f"another place: a {type(current).__name__} can be set in local_settings only", none_fits)
    return next((kind for types, kind in kinds if isinstance(current, types)), other)


def _whole_number(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError(text)
    return int(text, 0)


def _file_mode(text: str) -> int:
    """A mode in octal, as chmod takes it."""
    if not re.fullmatch(r"(0o?)?[0-7]{1,4}", text):
        raise ValueError(text)
    return int(text.removeprefix("0o"), 8)


def _pair(text: str) -> tuple[str, ...]:
    items = _items(text)
    if len(items) != 2 or not all(isinstance(item, str) for item in items):
        raise ValueError(text)
    return tuple(items)


def _with_pairs(items: Any) -> Any:
    return type(items)(tuple(item) if isinstance(item, list) else item for item in items)


def _word_or_text(text: str) -> Any:
    return None if text in _NONE else _WORDS.get(text.lower(), text)


def _guess(text: str) -> Any:
    word = _word_or_text(text)
    if not isinstance(word, str):
        return word
    try:
        found = parse_literal(text)
    except ValueError:
        return text
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return text if is_number and repr(found) != text else found


def _items(text: str) -> list[Any]:
    """The items of a list, as JSON, as Python writes it, or divided by commas or lines."""
    if not (is_json_array(text) or (text.startswith("(") and text.endswith(")"))):
        return list(word_list(text))
    found = parse_literal(text)
    if not isinstance(found, list | tuple):
        raise ValueError(text)
    return list(found)


def _sequence(text: str, current: Any) -> Any:
    """A sequence of the same type, with items of the same type where those have one type."""
    items = _items(text)
    types = {type(item) for item in current}
    if types and all(issubclass(item, Path) for item in types):
        items = [Path(item) for item in items]
    elif types == {int} and not text.startswith("["):
        items = [int(item) for item in items]
    elif types == {tuple}:
        items = [tuple(item) if isinstance(item, list) else item for item in items]
    return type(current)(items)
