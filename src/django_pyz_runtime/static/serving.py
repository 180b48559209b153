"""Static files at the edge, by WhiteNoise: compressed, and cached for ever where the name changes with the content."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Container, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django_pyz_runtime.static.relative_urls import static_url

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication
    from whitenoise import WhiteNoise

log = logging.getLogger("django_pyz.static")

_WELL_KNOWN = ".well-known"
"""The one name with a dot before it that is meant for others (RFC 8615)."""
_HASH_IN_COMPRESSED_NAME = re.compile(r"/CACHE/(css|js)/[^/]*\.[0-9a-f]{12}\.(css|js)$")
"""django-compressor's output files: output.<hash of the content>.css"""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def with_static_files(
    application: WSGIApplication, serve: str, elsewhere_on_disk: Callable[[str], str | None] = lambda name: None
) -> WSGIApplication:
    """Wrap an application so that STATIC_URL is answered from STATIC_ROOT.

    Args:
        application: whom all other paths belong to.
        serve: the option `[static] serve`: auto, whitenoise or off.
        elsewhere_on_disk: finds a file whose name holds a hash of its content and that is not in STATIC_ROOT.
    """
    from django.conf import settings

    root = settings.STATIC_ROOT
    address = urlsplit(static_url())
    elsewhere = bool(address.netloc) and address.hostname not in _THIS_MACHINE and serve == "auto"
    prefix = _within_site(address.path, settings.FORCE_SCRIPT_NAME)
    if serve == "off" or elsewhere or prefix == "/" or not root or not Path(root).is_dir():
        return application
    from whitenoise import WhiteNoise

    hashed = _hashed_urls(prefix)

    top = os.path.abspath(root)

    def is_immutable(path: str, url: str) -> bool:
        return not path.startswith(top) or url in hashed or bool(_HASH_IN_COMPRESSED_NAME.search(url))

    edge = WhiteNoise(application, immutable_file_test=is_immutable)
    edge.files = _Files(edge, prefix, elsewhere_on_disk)
    # WhiteNoise's own add_files would follow links out of the folder.
    files = dict(servable_files(top))
    for path in files:
        edge.add_file_to_dictionary(prefix + path.removeprefix(top).lstrip("/"), path, stat_cache=files)
    wrapped: WSGIApplication = edge
    return wrapped


def _within_site(path: str, forced: str | None) -> str:
    """The path of STATIC_URL within the site, with slashes around it: without FORCE_SCRIPT_NAME, as for WhiteNoise."""
    prefix, site = (f"/{text.strip('/')}/".replace("//", "/") for text in (path, forced or ""))
    return prefix if site == prefix else f"/{prefix.removeprefix(site).lstrip('/')}"


class _Files(dict[str, Any]):
    """The files by their paths, and those that come and go elsewhere on disk.

    Args:
        edge: makes answers of files.
        prefix: of the paths.
        elsewhere_on_disk: finds a file by its name.
    """

    def __init__(self, edge: WhiteNoise, prefix: str, elsewhere_on_disk: Callable[[str], str | None]) -> None:
        super().__init__()
        self._edge = edge
        self._prefix = prefix
        self._elsewhere_on_disk = elsewhere_on_disk

    def __contains__(self, url: object) -> bool:
        return super().__contains__(url) or self._find(str(url)) is not None

    def get(self, url: str, default: Any = None) -> Any:
        """The file of a path."""
        if (known := super().get(url)) is not None:
            return known
        path = self._find(url)
        return self._edge.get_static_file(path, url) if path else default

    def _find(self, url: str) -> str | None:
        return self._elsewhere_on_disk(url.removeprefix(self._prefix)) if url.startswith(self._prefix) else None


def static_paths(application: WSGIApplication) -> Container[str]:
    """The paths which an application that comes from `with_static_files` answers by itself."""
    files: Container[str] = getattr(application, "files", ())
    return files


def _hashed_urls(prefix: str) -> frozenset[str]:
    """The URLs whose names hold a hash of their content, as the manifest of the static files storage tells."""
    from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage

    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return frozenset()
    hashed: dict[str, str] = staticfiles_storage.hashed_files
    return frozenset(prefix + name for original, name in hashed.items() if name != original)


def servable_files(root: str) -> Iterator[tuple[str, os.stat_result]]:
    """Each file below a folder that may be served, with its status.

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
