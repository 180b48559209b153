"""Where a site keeps data files, by names that are the same on every machine."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, NamedTuple

from django_pyz_runtime.activation.activate import Activation
from django_pyz_runtime.activation.zero_config import KEY_FILE
from django_pyz_runtime.bundle.bundle import Bundle

MEDIA = "media"
DATA = "data"
STORAGES = "storages"
KEY = KEY_FILE
_NO_DATA = ("DATABASES", "CACHES", "LOGGING", "STORAGES", "FILE_UPLOAD_TEMP_DIR", "STATIC_ROOT", "STATICFILES_DIRS")
"""Settings whose files are not copied: databases are dumped, static files come from the build, others are recreated."""


class Place(NamedTuple):
    """A file or folder that holds data.

    Attributes:
        name: its name in a backup.
        path: on this machine, without links.
    """

    name: str
    path: Path


def places(bundle: Bundle, activation: Activation) -> list[Place]:
    """The existing places of a site whose settings were imported; none is inside another one.

    Args:
        bundle: of the site.
        activation: of it.
    """
    found: dict[str, Path] = {}
    for name, path in _named(bundle, activation):
        if path.exists():
            found.setdefault(name, path.resolve())
    shortest_first = sorted(found.items(), key=lambda item: len(item[1].parts))
    kept: list[Place] = []
    for name, path in shortest_first:
        if not any(path.is_relative_to(place.path) for place in kept):
            kept.append(Place(name, path))
    return sorted(kept)


def find_place(name: str, activation: Activation) -> Path | None:
    """The path of a backup's place on this machine, existing or not; None if this site has no such place."""
    kind, _, rest = name.partition("/")
    if name == KEY:
        return activation.data_dir / KEY_FILE
    if kind == DATA and rest:
        return activation.data_dir / rest
    path = _media() if name == MEDIA else dict(_storages()).get(name)
    return path.resolve() if path else None


def _named(bundle: Bundle, activation: Activation) -> Iterator[tuple[str, Path]]:
    data_dir = activation.data_dir
    if media := _media():
        yield MEDIA, media
    yield from _storages()
    for name in bundle.manifest.data_paths:
        yield f"{DATA}/{name.rstrip('/')}", data_dir / name
    for move in activation.moves:
        path = Path(os.path.normpath(move.after))
        if move.setting.partition(".")[0] not in _NO_DATA and path.is_relative_to(data_dir) and path != data_dir:
            yield f"{DATA}/{path.relative_to(data_dir)}", path
    if activation.generated_key:
        yield KEY, data_dir / KEY_FILE


def _media() -> Path | None:
    from django.conf import settings

    root = str(settings.MEDIA_ROOT or "")
    return Path(root) if os.path.isabs(root) else None


def _storages() -> Iterator[tuple[str, Path]]:
    """The folders that the settings give to file storages."""
    from django.conf import settings

    storages: Any = getattr(settings, "STORAGES", {})
    for alias, storage in storages.items():
        location = str(storage.get("OPTIONS", {}).get("location") or "")
        if alias != "staticfiles" and os.path.isabs(location) and "/" not in alias:
            yield f"{STORAGES}/{alias}", Path(location)


class Found(NamedTuple):
    """A file, folder or link in a place.

    Attributes:
        name: its name in a backup.
        path: on this machine.
        status: of lstat(2).
        file: open, for a file.
        target: for a link.
    """

    name: str
    path: str
    status: os.stat_result
    file: IO[bytes] | None = None
    target: str = ""


def walk(place: Place, excluded: set[Path]) -> Iterator[Found]:
    """Everything in a place: folders before their content, no sockets and the like.

    No link is followed, even if another user changes folders meanwhile.

    Args:
        place: the place.
        excluded: paths to skip, with everything below them.
    """
    if not place.path.is_dir():
        parent = os.open(place.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            yield from _look(place.name, str(place.path), place.path.name, parent)
        finally:
            os.close(parent)
        return
    for folder, folders, files, descriptor in os.fwalk(place.path):
        relative = os.path.relpath(folder, place.path)
        inside = place.name if relative == "." else f"{place.name}/{relative}"
        yield Found(inside, folder, os.fstat(descriptor))
        folders[:] = sorted(name for name in folders if Path(folder, name) not in excluded)
        for name in sorted([*files, *folders]):
            path = os.path.join(folder, name)
            if Path(path) not in excluded:
                yield from _look(f"{inside}/{name}", path, name, descriptor)


def _look(name: str, path: str, entry: str, folder: int) -> Iterator[Found]:
    """A file or link; nothing for other kinds, or if it is gone."""
    try:
        status = os.stat(entry, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode):
            yield Found(name, path, status, target=os.readlink(entry, dir_fd=folder))
        elif stat.S_ISREG(status.st_mode):
            descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
            with open(descriptor, "rb") as file:
                yield Found(name, path, status, file)
    except FileNotFoundError:
        return
