"""The files below a folder of static files that may be served: those that are really there, and not hidden."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

log = logging.getLogger("django_pyz.static")

_WELL_KNOWN = ".well-known"
"""The one name with a dot before it that is meant for others (RFC 8615)."""


def servable_files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Each file with its status, as it is found below the folder.

    A link that leads out of the folder is passed over and named in the log, and so is one that leads to nothing or
    back to a folder that it is in. Hidden files are left out, as collectstatic does.

    Args:
        root: the folder. It may be a link itself.
    """
    yield from _below(root, (os.path.realpath(root),))


def _below(folder: str, inside: tuple[str, ...]) -> Iterator[tuple[str, os.stat_result]]:
    """The files of a folder.

    Args:
        folder: as it was come to.
        inside: the real folders on the way to it, the root first, itself last.
    """
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            if entry.name.startswith(".") and entry.name != _WELL_KNOWN:
                continue
            is_link = entry.is_symlink()
            real = os.path.realpath(entry.path) if is_link else os.path.join(inside[-1], entry.name)
            if is_link and (reason := _refusal(real, inside)):
                log.warning("static file %s is not served: it is a link that leads %s", entry.path, reason)
            elif entry.is_dir():
                yield from _below(entry.path, (*inside, real))
            elif entry.is_file():
                yield entry.path, entry.stat()


def _refusal(real: str, inside: tuple[str, ...]) -> str:
    """Where a link leads that is not followed; "" for one that is."""
    if real in inside:
        return "back to a folder that it is in"
    if not real.startswith(inside[0].rstrip(os.sep) + os.sep):
        return "out of the folder"
    return "" if os.path.exists(real) else "nowhere"
