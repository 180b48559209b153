"""Parses what people write: lists and JSON in text, and misspelt names."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from typing import Any

_DEEPEST = 100
"""Levels of lists and objects in JSON."""
_IPV6 = r"\[[0-9A-Fa-f]*:[0-9A-Fa-f:.]*\]"


def is_json_array(text: str) -> bool:
    """Whether a list is written in JSON; [::1] is an address."""
    return text.startswith("[") and not re.match(_IPV6, text)


def parse_json(text: str) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is none, or nested deeper than whoever walks through it can follow.
    """
    try:
        found = json.loads(text)
    except RecursionError:
        raise ValueError(text) from None
    return _not_too_deep(found, text)


def parse_literal(text: str) -> Any:
    """The value of a JSON text or, in brackets of any kind, of what Python writes for one.

    Raises:
        ValueError: it is neither, or nested too deep.
    """
    try:
        return parse_json(text)
    except ValueError:
        if text[:1] not in ("[", "(", "{"):
            raise
    try:
        return _not_too_deep(ast.literal_eval(text), text)
    except (SyntaxError, TypeError, MemoryError, RecursionError):
        raise ValueError(text) from None


def _not_too_deep(found: Any, text: str) -> Any:
    level = [found]
    for _ in range(_DEEPEST):
        kinds = (dict, list, tuple)
        inside = [item.values() if isinstance(item, dict) else item for item in level if isinstance(item, kinds)]
        if not (level := [item for items in inside for item in items]):
            return found
    raise ValueError(text)


def word_list(text: str) -> list[str]:
    """Items divided by commas or line ends, or a JSON array of strings."""
    if is_json_array(text):
        items = parse_json(text)
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise ValueError(text)
        return items
    return [item.strip() for item in re.split(r"[,\n]", text) if item.strip()]


def nearest(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """The known word that was probably meant; "" where none is near.

    Args:
        word: that is not known.
        known: those that are.
        likeness: from 0 to 1, the least that counts as near (difflib.get_close_matches).
    """
    import difflib

    return next(iter(difflib.get_close_matches(word, known, 1, likeness)), "")
