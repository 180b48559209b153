"""Finds the packages in node_modules that static files need: the rest, many times larger, are for building."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django_pyz.files.paths import beginning

FOLDER = "node_modules"
_TEXTS = re.compile(r".*\.(py|html?|css|scss|sass|less|svg|txt|jinja2?|j2|djhtml|xhtml|[cm]?js)", re.IGNORECASE)
_OF_THE_BUILD = re.compile(r".*\.config\.[cm]?js|(gulp|grunt)file(\.\w+)?\.[cm]?js", re.IGNORECASE)
_READ_BYTES = 1_000_000


def needed(folder: Path, texts: Iterable[Path]) -> set[str] | None:
    """The packages that a project needs at run time, and those whose paths its files contain.

    Args:
        folder: a node_modules, next to the project's package.json.
        texts: the project's own files.

    Returns:
        Their names; None if they cannot be told from the others.
    """
    installed = set(_names(folder))
    found: set[str] = set()
    waiting = [*names_in(folder.with_name("package.json"), "dependencies"), *_named(installed, texts)]
    while waiting:
        name = waiting.pop()
        if name in installed and name not in found:
            found.add(name)
            waiting += names_in(folder / name / "package.json", "dependencies", "peerDependencies")
    return found or None


def names_in(package_json: Path, *keys: str) -> list[str]:
    """The names in the tables under some keys of a package.json; none if it cannot be read."""
    try:
        package = json.loads(package_json.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    tables = [package.get(key) for key in keys] if isinstance(package, dict) else []
    return [str(name) for table in tables if isinstance(table, dict) for name in table]


def package_of(relative: Path) -> str:
    """The package that a path in node_modules belongs to; "" if none."""
    first, *rest = relative.parts
    if first.startswith("@") and rest:
        return f"{first}/{rest[0]}"
    return "" if first.startswith(".") else first


def _names(folder: Path) -> Iterator[str]:
    for path in folder.iterdir():
        if path.name.startswith("@"):
            yield from (f"{path.name}/{inner.name}" for inner in path.iterdir())
        elif path.is_dir() and not path.name.startswith("."):
            yield path.name


def _named(installed: set[str], texts: Iterable[Path]) -> set[str]:
    """The packages that are named with a path in them; in Python, also by name alone."""
    found: set[str] = set()
    words = {name: (f"{name}/".encode(), (f'"{name}"'.encode(), f"'{name}'".encode())) for name in installed}
    for path in texts:
        if not _TEXTS.fullmatch(path.name) or _OF_THE_BUILD.fullmatch(path.name) or FOLDER in path.parts:
            continue
        content = beginning(path, _READ_BYTES)
        for name in installed - found:
            with_path, alone = words[name]
            if _is_word(with_path, content) or (path.suffix == ".py" and any(text in content for text in alone)):
                found.add(name)
    return found


def _is_word(text: bytes, content: bytes) -> bool:
    return text in content and bool(re.search(rb"(?<![\w.@-])" + re.escape(text), content))
