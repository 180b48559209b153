"""The texts of the help. Standard library only.

A topic is a file of `topics`: `# Title`, then Markdown. An entry is a section of a file of `messages`:

    ## What is the matter

    - `the message, with ... for what differs`

    What it means, usual causes, what to do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from math import log
from pathlib import Path
from typing import NamedTuple

GAP = "..."
"""In a message, stands for what differs from case to case."""
_LEAST_SHARE = 0.2
"""An entry is near that has this share of what is searched for, by the words' weights."""


class Topic(NamedTuple):
    """A page.

    Attributes:
        name: for `help NAME`.
        title: in a line.
        text: Markdown, without the title.
    """

    name: str
    title: str
    text: str


class Entry(NamedTuple):
    """What is known of a message, or of several of one kind.

    Attributes:
        title: what is the matter.
        messages: their texts, with GAP for what differs.
        text: Markdown: meaning, causes, what to do.
    """

    title: str
    messages: tuple[str, ...]
    text: str


class Library:
    """Topics and entries.

    Args:
        folders: that have the folders `topics` and `messages`.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.topics = {
            path.stem: _topic(path) for folder in folders for path in sorted((folder / "topics").glob("*.md"))
        }
        self.entries = [
            entry
            for folder in folders
            for path in sorted((folder / "messages").glob("*.md"))
            for entry in entries(path.read_text(encoding="utf-8"))
        ]

    def find(self, text: str) -> Entry | None:
        """The entry of a message, as it was printed, or of its title.

        The first line that is known decides, as the next step of a message stands below it; then the whole text, as a
        terminal may have wrapped its lines.
        """
        by_title = next((entry for entry in self.entries if entry.title.lower() == text.strip().lower()), None)
        found = (self.matches(part) for part in [*text.splitlines(), text])
        return by_title or next((entries[0] for entries in found if entries), None)

    def matches(self, text: str) -> list[Entry]:
        """The entries with the longest message that a text holds; more than one is a bug in the texts."""
        said = _one_line(text)
        scores = [(_score(entry, said), entry) for entry in self.entries]
        best = max((score for score, _ in scores), default=0)
        return [entry for score, entry in scores if best and score == best]

    def near(self, text: str, count: int) -> list[Entry]:
        """Entries that speak of the same things as a text, the nearest first; rare words count more."""
        words = [_words(" ".join((entry.title, *entry.messages, entry.text))) for entry in self.entries]
        spread = Counter(word for some in words for word in some)
        weights = {word: log(len(words) / spread[word]) if word in spread else 1 for word in _words(text)}
        scores = [sum(weight for word, weight in weights.items() if word in some) for some in words]
        least = _LEAST_SHARE * sum(weights.values())
        ranks = sorted(range(len(words)), key=lambda index: -scores[index])
        return [self.entries[index] for index in ranks[:count] if scores[index] > least]


def entries(text: str) -> Iterator[Entry]:
    """The entries of a file."""
    for section in re.split(r"(?m)^## ", text)[1:]:
        title, messages, body = (part.strip() for part in [*section.split("\n\n", 2), "", ""][:3])
        texts = [line.removeprefix("- ").strip("`") for line in messages.splitlines()]
        yield Entry(title, tuple(texts), body)


def _topic(path: Path) -> Topic:
    title, _, text = path.read_text(encoding="utf-8").partition("\n")
    return Topic(path.stem, title.removeprefix("# "), text.strip())


def _score(entry: Entry, said: str) -> int:
    """How many characters of a text the best of an entry's messages has; 0 where none is in it."""
    return max((len(_literal(one)) for one in entry.messages if pattern(one).search(said)), default=0)


@cache
def pattern(message: str) -> re.Pattern[str]:
    """The regular expression of a message, for texts of one line in small letters."""
    return re.compile(".*?".join(re.escape(part) for part in _one_line(message).split(GAP)))


def _literal(message: str) -> str:
    return _one_line(message).replace(GAP, "")


def _one_line(text: str) -> str:
    return " ".join(text.lower().split())


def _words(text: str) -> set[str]:
    return set(re.findall(r"[a-z_]{3,}", text.lower()))


def nearest_first(word: str, known: Iterable[str]) -> list[str]:
    """The known words that may have been meant, the nearest first."""
    from difflib import get_close_matches

    return get_close_matches(word, known, 3, 0.5)
