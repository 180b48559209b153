"""Poetry's version constraints as PEP 440 ones (https://python-poetry.org/docs/dependency-specification/)."""

from __future__ import annotations

import re

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

_PART = re.compile(r"(?:(?P<operator>\^|~=|~|===|==|=|!=|>=|<=|>|<)\s*)?(?P<version>[^\s,]+)")


def to_specifiers(constraint: str) -> list[str]:
    """The alternatives of a constraint, each as a PEP 440 specifier set; an empty one means any version."""
    return [_alternative(text.strip()) for text in re.split(r"\s*\|\|?\s*", constraint.strip())]


def allows(constraint: str, version: str) -> bool:
    """Whether a version satisfies a constraint; True if the constraint cannot be parsed."""
    try:
        parsed = [SpecifierSet(text) for text in to_specifiers(constraint)]
        return any(item.contains(version, prereleases=True) for item in parsed)
    except (InvalidSpecifier, InvalidVersion):
        return True


def _alternative(text: str) -> str:
    return ",".join(filter(None, (_part(found["operator"] or "", found["version"]) for found in _PART.finditer(text))))


def _part(operator: str, version: str) -> str:
    if version == "*":
        return ""
    if operator == "^":
        return _range(version, _caret_length(version))
    if operator == "~":
        return _range(version, min(2, len(Version(version).release)))
    return f"{'==' if operator in ('', '=') else operator}{version}"


def _caret_length(version: str) -> int:
    """How many leading numbers are fixed: up to the first one that is not zero."""
    release = Version(version).release
    return next((place for place, number in enumerate(release, start=1) if number), len(release))


def _range(version: str, length: int) -> str:
    release = Version(version).release[:length]
    upper = ".".join(map(str, (*release[:-1], release[-1] + 1)))
    return f">={version},<{upper}"
