"""Requirement lines that may say all there is to install, as `pip freeze` and pip-compile write them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from packaging.utils import canonicalize_name

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*==\s*(?P<version>[\w.!+-]+)\s*(;.*|\s--hash=.*)?")
"""Without extras: what those bring cannot be seen to be missing."""


def pinned_versions(lines: Iterable[str]) -> dict[str, str]:
    """The version of each package, by normalised name; empty where a line is more than a package and its version."""
    found: dict[str, str] = {}
    for line in lines:
        match = _PIN.fullmatch(line.strip())
        if not match or (name := canonicalize_name(match["name"])) in found:
            return {}
        found[name] = match["version"]
    return found
