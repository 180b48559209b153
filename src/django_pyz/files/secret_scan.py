"""Stops a build that would pack an apparent secret."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from django_pyz.files.paths import beginning, matches
from django_pyz.files.secret_kinds import GOOGLE_KEY, find, find_assignments, find_url_credentials
from django_pyz_runtime.errors import UserError

_LARGEST_BYTES = 2_000_000
_TEXT_BYTES = 4096
"""A file with a zero byte within this many first bytes is binary."""
_SHOWN = 20
_NAMED = 8
_FOR_BROWSERS = {".js", ".mjs", ".cjs", ".jsx", ".ts", ".tsx", ".vue", ".html", ".htm", ".css", ".map", ".svg"}
_PROSE_AND_CODE = {*_FOR_BROWSERS, ".py", ".pyi", ".md", ".rst", ".po", ".csv"}
"""An assignment in such a file is code or an example."""
_INDEX_WORDS = (b"index-url", b"INDEX_URL", b"git+http")


def check(root: Path, files: Iterable[Path], allowed: tuple[str, ...]) -> None:
    """Look for secrets in the project's own files.

    Args:
        root: the project's folder.
        files: the selected files, relative to it.
        allowed: patterns for files that may hold what looks like a secret.

    Raises:
        UserError: there are some. The message has their places and kinds, never the secrets.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for path in files:
        if not matches(path.as_posix(), allowed) and (secrets := sorted(set(scan(root / path)))):
            found[path.as_posix()] = secrets
    if found:
        raise UserError(_message(found), hint=_hint(list(found)))


def scan(path: Path) -> Iterator[tuple[int, str]]:
    """The likely secrets in a file: line and kind; large and binary files are skipped."""
    content = beginning(path, _LARGEST_BYTES + 1)
    if len(content) > _LARGEST_BYTES or b"\0" in content[:_TEXT_BYTES]:
        return
    is_for_browsers = path.suffix in _FOR_BROWSERS
    found = [(offset, what) for offset, what in find(content) if what != GOOGLE_KEY or not is_for_browsers]
    if any(word in content for word in _INDEX_WORDS):
        found += [(offset, "a URL with credentials") for offset in find_url_credentials(content)]
    if path.suffix not in _PROSE_AND_CODE:
        found += [(offset, "a password or token") for offset in find_assignments(content)]
    yield from ((content.count(b"\n", 0, offset) + 1, what) for offset, what in found)


def _message(found: dict[str, list[tuple[int, str]]]) -> str:
    """One line per file: its first secret, and how many more there are."""
    lines = [f"  {name}:{line}: {what}{_others(len(more))}" for name, ((line, what), *more) in found.items()]
    rest = [f"  and {len(lines) - _SHOWN} more files"] if len(lines) > _SHOWN else []
    what = "this looks like a secret" if len(lines) == 1 else "these look like secrets"
    return "\n".join([f"{what}, and anyone with the file could read it:", *lines[:_SHOWN], *rest])


def _others(number: int) -> str:
    return f", and {number} more in this file" if number else ""


def _hint(names: list[str]) -> str:
    listed = ", ".join(json.dumps(name, ensure_ascii=False) for name in _in_short(names))
    return (
        "Leave the file out with --exclude PATTERN, or take the secret out of it and out of the project's history.\n"
        "If it is not a secret, or is meant to be shipped, allow it in pyproject.toml or with --allow-secrets:\n"
        "\n"
        "[tool.django-pyz]\n"
        f"allow-secrets = [{listed}]"
    )


def _in_short(names: list[str]) -> list[str]:
    """The names, or, if there are too many, their folders."""
    if len(names) <= _NAMED:
        return names
    folders = names
    for depth in range(max(name.count("/") for name in names), 0, -1):
        folders = list(dict.fromkeys("/".join(name.split("/")[:depth]) for name in names))
        if len(folders) <= _NAMED:
            break
    return folders
