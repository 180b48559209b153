"""Finds static files that templates name but that were not collected: pages would fail or lack styles."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django_pyz.project.modules import is_skipped

_TEMPLATES = {".html", ".htm", ".txt", ".xml", ".svg", ".jinja", ".jinja2", ".j2"}
_NAME = re.compile(
    r"""\{%-?\s*static\s+(["'])(?P<tag>[^"'{}]+)\1(?!\|)|\{\{-?[^{}]*?\bstatic\(\s*(["'])(?P<call>[^"'{}]+)\3\s*\)"""
)
_COMMENT = re.compile(r"\{#.*?#\}|\{%\s*comment\b.*?%\}.*?\{%\s*endcomment\s*%\}", re.DOTALL)
_MANIFEST = "staticfiles.json"
"""The file in which ManifestStaticFilesStorage records the names (django.contrib.staticfiles.storage)."""


def not_collected(project: Path, templates: Iterable[Path], collected: Path) -> Iterator[tuple[str, str]]:
    """The names without a collected file, each with template and line.

    Args:
        project: its folder.
        templates: its files, relative to it; possible templates are read.
        collected: the folder of static files.
    """
    renamed = _renamed(collected / _MANIFEST)
    for path in sorted(templates):
        if path.suffix not in _TEMPLATES or is_skipped(path):
            continue
        text = _COMMENT.sub(_blank, (project / path).read_text(encoding="utf-8", errors="replace"))
        for match in _NAME.finditer(text):
            name = re.split("[?#]", match["tag"] or match["call"])[0]
            # The text before a computed name is a folder.
            if name and not name.endswith("/") and name not in renamed and not (collected / name).exists():
                yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}", name


def _blank(match: re.Match[str]) -> str:
    """The same number of empty lines."""
    return "\n" * match[0].count("\n")


def _renamed(manifest: Path) -> set[str]:
    try:
        return set(json.loads(manifest.read_text(encoding="utf-8"))["paths"])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
