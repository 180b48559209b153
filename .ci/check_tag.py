#!/usr/bin/env python3
"""`check_tag.py TAG`: whether a tag, the version and the newest heading of the changelog name one release."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_CHECKOUT = Path(__file__).resolve().parent.parent
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_HEADING = re.compile(r"^## \[(?!Unreleased\])(.+)\] - \d{4}-\d\d-\d\d$", re.MULTILINE)


def main(arguments: list[str]) -> int:
    """Compare the three, and print what differs; 0 where they agree."""
    if len(arguments) != 1:
        print("usage: check_tag.py TAG", file=sys.stderr)
        return 2
    released = {
        "the tag": arguments[0].removeprefix("v"),
        "src/django_pyz/__init__.py": _first(_VERSION, "src/django_pyz/__init__.py"),
        "CHANGELOG.md": _first(_HEADING, "CHANGELOG.md"),
    }
    if len(set(released.values())) == 1 and arguments[0].startswith("v"):
        return 0
    found = ", ".join(f"{place} has {version or 'none'}" for place, version in released.items())
    print(f"check_tag.py: wanted vVERSION and one version, found {arguments[0]}: {found}", file=sys.stderr)
    return 1


def _first(pattern: re.Pattern[str], name: str) -> str:
    """What a pattern finds first in a file; empty where it finds nothing."""
    found = pattern.search((_CHECKOUT / name).read_text(encoding="utf-8"))
    return found[1] if found else ""


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
