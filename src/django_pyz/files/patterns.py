"""Patterns for paths, as `include`, `exclude` and `allow-secrets` take them."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable


def matches(relative: str, patterns: Iterable[str]) -> bool:
    """Whether a path is named by a pattern, lies in a folder that is named, or fits it as a shell would say.

    Args:
        relative: the path, relative to the project, with "/" between its parts.
        patterns: a star in them stands for any text, "/" too.
    """
    return any(
        relative == pattern or fnmatch.fnmatch(relative, pattern) or relative.startswith(pattern.rstrip("/") + "/")
        for pattern in patterns
    )
