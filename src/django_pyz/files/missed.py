"""Finds which excluded files an error may be about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

_MODULE = re.compile(r"No module named '([\w.]+)'")
_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
_PATH = re.compile(r"[^\s'\"<>()\[\],:]+")


def missed(text: str, root: Path, exclusions: Mapping[str, str]) -> list[str]:
    """The excluded files that a message names, by path or as a module.

    Args:
        text: the message.
        root: the project.
        exclusions: what was left out, relative path to reason; a folder, ending with a slash, stands for its contents.

    Returns:
        Their paths, relative to the project.
    """
    places = dict.fromkeys(_places(text))
    return list(dict.fromkeys(found for place in places for found in _found(place, root, exclusions)))


def _places(text: str) -> Iterator[str]:
    modules = [*_MODULE.findall(text), *(f"{package}.{name}" for name, package in _NAME.findall(text))]
    for module in modules:
        path = module.replace(".", "/")
        yield from (f"{path}.py", f"{path}/__init__.py")
    yield from (token.rstrip("./") for token in _PATH.findall(text) if re.search(r"[./]\w", token))


def _found(place: str, root: Path, exclusions: Mapping[str, str]) -> Iterator[str]:
    for name in exclusions:
        if not name.endswith("/"):
            if f"/{place}".endswith(f"/{name}") or name.endswith(f"/{place.lstrip('/')}"):
                yield name
        elif f"/{name.split('/')[-2]}/" in f"/{place}":
            yield from _in_folder(place, name, root)


def _in_folder(place: str, folder: str, root: Path) -> Iterator[str]:
    """The file in a folder that a path means; the path may begin with any part of the folder's."""
    parts, above = place.strip("/").split("/"), folder.strip("/").split("/")
    for end in (number for number in range(1, len(parts)) if parts[number - 1] == above[-1]):
        common = min(end, len(above))
        inside = "/".join(parts[end:])
        if parts[end - common : end] == above[-common:] and (root / folder / inside).is_file():
            yield folder + inside
