"""Kinds of values: how text from a file, an option or the environment becomes a Python value."""

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
        wanted: what to say is wanted, completing "wanted ...".
        parse: from text; raises ValueError where the text does not fit.
    """

    wanted: str
    parse: Callable[[str], Any]


def boolean(text: str) -> bool:
    """True or false in the words that configparser knows."""
    try:
        return _WORDS[text.lower()]
    except KeyError:
        raise ValueError(text) from None


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


def _some_words(text: str) -> list[str]:
    words = word_list(text)
    if not words:
        raise ValueError(text)
    return words


def absolute_path(text: str) -> Path:
    """An absolute path; `~` stands for the home folder."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise ValueError(text) from None
    if not path.is_absolute():
        raise ValueError(text)
    return path


def url_path(text: str) -> str:
    """A path on the site, from its first slash."""
    if not re.fullmatch(r"/[^\s?#]*", text):
        raise ValueError(text)
    return text


def _whole(lowest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,9}", text) or int(text) < lowest:
            raise ValueError(text)
        return int(text)

    return parse


def _non_empty(text: str) -> str:
    if not text:
        raise ValueError(text)
    return text


def address(text: str) -> str:
    """HOST:PORT, [IPV6]:PORT, :PORT, unix:/path or fd://NUMBER."""
    match = re.fullmatch(r"(?:[\w.-]*|\[[0-9A-Fa-f:.]+\]):(\d{1,5})|unix:/.+|fd://\d+", text)
    if not match or int(match[1] or 0) > 65535:
        raise ValueError(text)
    return text


TEXT = Kind("some text", _non_empty)
BOOLEAN = Kind("true or false", boolean)
POSITIVE = Kind("a whole number from 1", _whole(1))
SECONDS = Kind("seconds, or a duration such as 30s or 5m", duration_seconds)
SIZE = Kind("bytes, or a size such as 10m or 1g", size_bytes)
DURATION = Kind(SECONDS.wanted, lambda text: timedelta(seconds=duration_seconds(text)))
PATH = Kind("an absolute path", absolute_path)
URL_PATH = Kind("a path that starts with /", url_path)
ADDRESSES = Kind("HOST:PORT or unix:/path", lambda text: [address(word) for word in _some_words(text)])


def _agents(text: str) -> list[str]:
    agents = _some_words(text)
    if not all(re.fullmatch(_AGENT, agent) for agent in agents):
        raise ValueError(text)
    return agents


AGENTS = Kind("MODULE or MODULE:FUNCTION, several with commas between them", _agents)


def choice(*words: str) -> Kind:
    """One of a few words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return Kind(f"{', '.join(words[:-1])} or {words[-1]}", parse)


def words_of(*known: str) -> Kind:
    """A list of some of a few words."""

    def parse(text: str) -> list[str]:
        words = word_list(text)
        if set(words) - set(known):
            raise ValueError(text)
        return words

    return Kind(f"a list of {', '.join(known)}", parse)


def either(word: str, kind: Kind) -> Kind:
    """A word that stands for itself, or a value of a kind."""
    return Kind(f"{word} or {kind.wanted}", lambda text: text if text == word else kind.parse(text))
