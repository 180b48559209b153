"""The natural order of version numbers."""

import re
from typing import TypeAlias

VersionKey: TypeAlias = tuple[tuple[int, int, str], ...]

# A word after a number marks a prerelease, so it sorts before the end of the version.
WORD, END, NUMBER = range(3)


def version_key(version: str) -> VersionKey:
    """Sort 9.0 before 10.0, and 10.0b2 before 10.0."""
    parts = re.findall(r"\d+|[^\W\d_]+", version.lower())
    keys = [(NUMBER, int(part), "") if part.isdecimal() else (WORD, 0, part) for part in parts]
    return (*keys, (END, 0, version))
