"""The files for nginx, which an operator puts in place: an upgrade says which the new release writes differently."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from django_pyz_runtime.release.files.files import HostFile

_FOLDER = "/etc/nginx/"


def in_place(files: Iterable[HostFile]) -> list[HostFile]:
    """Those of a release's files for nginx that this host has, whatever is in them."""
    return [file for file in files if file.place.startswith(_FOLDER) and Path(file.place).is_file()]


def outdated(before: Iterable[HostFile], now: Iterable[HostFile]) -> list[HostFile]:
    """Those that are as the release before wrote them, and not as this one does. What was changed by hand is left out.

    Args:
        before: the files of the release before.
        now: those of this one.
    """
    old = {file.place: file.text for file in before}
    return [file for file in now if old.get(file.place, file.text) != file.text and _holds(file, old[file.place])]


def _holds(file: HostFile, text: str) -> bool:
    try:
        return Path(file.place).read_text(encoding="utf-8") == text
    except (OSError, UnicodeDecodeError):
        return False


def told(name: str, script: str, files: Iterable[HostFile]) -> Iterator[str]:
    """What to say of them.

    Args:
        name: of the site.
        script: of the executable in force.
        files: the outdated ones.
    """
    folder = f"{name}-files"
    for file in files:
        copy = shlex.join(["cp", f"{folder}/{file.path}", file.place])
        command = f"{script} pyz files {folder} && {copy} && systemctl reload nginx"
        yield f"{file.place}: this release writes it differently: `{command}`"
