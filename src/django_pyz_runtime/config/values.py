"""Kinds of values: convert text from a file, an option or the environment to a Python value."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django_pyz_runtime.texts import word_list

_WORDS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_AGENT = r"[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?"
_BYTES = {"": 1, "k": 2**10, "m": 2**20, "g": 2**30, "t": 2**40}


class Kind(NamedTuple):
    """A type of value.

    Attributes:
        wanted: completes "wanted ..." in messages.
        parse: from text; raises ValueError where the text does not fit.
    """

    wanted: str
    parse: Callable[[str], Any]


def checked(fits: Callable[[Any], object], parse: Callable[[str], Any] = str) -> Callable[[str], Any]:
    """What parses a text and raises ValueError where the value does not fit."""

    def parse_and_check(text: str) -> Any:
        found = parse(text)
        if not fits(found):
            raise ValueError(text)
        return found

    return parse_and_check


def _list_of(is_one: Callable[[str], object]) -> Callable[[str], list[str]]:
    """What parses a list of at least one word, all of which fit."""
    return checked(lambda words: words and all(map(is_one, words)), word_list)


def duration_seconds(text: str) -> float:
    """A number of seconds, or one with a unit: 500ms, 30s, 5m, 2h, 7d, 1w."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|)", text)
    if not match:
        raise ValueError(text)
    seconds = float(match[1]) * _SECONDS[match[2]]
    if seconds >= timedelta.max.total_seconds():
        raise ValueError(text)
    return seconds


def size_bytes(text: str) -> int:
    """A number of bytes, or one with a unit: 100k, 10m, 1g."""
    match = re.fullmatch(r"(\d{1,9})\s*([kmgt]?)", text.lower())
    if not match:
        raise ValueError(text)
    return int(match[1]) * _BYTES[match[2]]


def path(text: str) -> Path:
    """A path; `~` stands for the home folder."""
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise ValueError(text) from None


def _positive(text: str) -> int:
    if not re.fullmatch(r"\d{1,9}", text) or int(text) < 1:
        raise ValueError(text)
    return int(text)


def _is_address(text: str) -> bool:
    """Whether a text is HOST:PORT, [IPV6]:PORT, :PORT, unix:/path or fd://NUMBER."""
    match = re.fullmatch(r"(?:[\w.-]*|\[[0-9A-Fa-f:.]+\]):(\d{1,5})|unix:/.+|fd://\d+", text)
    return bool(match and int(match[1] or 0) <= 65535)


TEXT = Kind("some text", checked(bool))
BOOLEAN = Kind("true or false", checked(lambda found: found is not None, lambda text: _WORDS.get(text.lower())))
"""In the words that configparser knows."""
POSITIVE = Kind("a whole number from 1", _positive)
SECONDS = Kind("seconds, or a duration such as 30s or 5m", duration_seconds)
SIZE = Kind("bytes, or a size such as 10m or 1g", size_bytes)
DURATION = Kind(SECONDS.wanted, lambda text: timedelta(seconds=duration_seconds(text)))
PATH = Kind("an absolute path", checked(Path.is_absolute, path))
URL_PATH = Kind("a path that starts with /", checked(lambda text: re.fullmatch(r"/[^\s?#]*", text)))
ADDRESSES = Kind("HOST:PORT or unix:/path", _list_of(_is_address))
ADDRESS = Kind(ADDRESSES.wanted, checked(lambda text: _is_address(text) and not text.startswith("fd:")))
AGENTS = Kind(
    "MODULE or MODULE:FUNCTION, several with commas between them", _list_of(lambda word: re.fullmatch(_AGENT, word))
)


def choice(*words: str) -> Kind:
    """One of a few words."""
    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", checked(words.__contains__))


def words_of(*known: str) -> Kind:
    """A list of some of a few words."""
    return Kind(f"a list of {', '.join(known)}", checked(set(known).issuperset, word_list))


def either(word: str, kind: Kind) -> Kind:
    """A word that stands for itself, or a value of a kind."""
    return Kind(f"{word} or {kind.wanted}", lambda text: text if text == word else kind.parse(text))
