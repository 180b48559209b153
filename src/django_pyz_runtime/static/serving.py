"""Static files at the edge, by WhiteNoise: compressed, and cached for ever where the name changes with the content."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django_pyz_runtime.static.servable import servable_files

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_HASH_IN_COMPRESSED_NAME = re.compile(r"/CACHE/(css|js)/[^/]*\.[0-9a-f]{12}\.(css|js)$")
"""django-compressor's output files: output.<hash of the content>.css"""
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def with_static_files(application: WSGIApplication, serve: str) -> WSGIApplication:
    """Wrap an application so that STATIC_URL is answered from STATIC_ROOT.

    Args:
        application: whom all other paths belong to.
        serve: the option `[static] serve`: auto, whitenoise or off.
    """
    from django.conf import settings

    address = urlsplit(settings.STATIC_URL or "")
    elsewhere = bool(address.netloc) and address.hostname not in _THIS_MACHINE and serve == "auto"
    root = settings.STATIC_ROOT
    if serve == "off" or elsewhere or not address.path.strip("/") or not root or not Path(root).is_dir():
        return application
    from whitenoise import WhiteNoise

    prefix = address.path
    hashed = _hashed_urls(prefix)

    def is_immutable(path: str, url: str) -> bool:
        return url in hashed or bool(_HASH_IN_COMPRESSED_NAME.search(url))

    edge = WhiteNoise(application, immutable_file_test=is_immutable)
    # WhiteNoise's own add_files would follow links out of the folder.
    top = os.path.abspath(root)
    files = dict(servable_files(top))
    for path in files:
        url = f"/{prefix.strip('/')}/{path.removeprefix(top).lstrip('/')}"
        edge.add_file_to_dictionary(url, path, stat_cache=files)
    wrapped: WSGIApplication = edge
    return wrapped


def static_paths(application: WSGIApplication) -> Collection[str]:
    """The paths which an application that comes from `with_static_files` answers by itself."""
    files: Collection[str] = getattr(application, "files", {})
    return files


def _hashed_urls(prefix: str) -> frozenset[str]:
    """The URLs whose names hold a hash of their content, as the manifest of the static files storage tells."""
    from django.contrib.staticfiles.storage import ManifestFilesMixin, staticfiles_storage

    if not isinstance(staticfiles_storage, ManifestFilesMixin):
        return frozenset()
    hashed: dict[str, str] = staticfiles_storage.hashed_files
    return frozenset(prefix + name for original, name in hashed.items() if name != original)
