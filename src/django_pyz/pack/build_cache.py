"""Caches results across builds that are slow to compute and depend only on their input.

A folder of files, each named by the digest of its input. A damaged entry counts as missing; an entry not used for a
month is removed.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from pathlib import Path

from django_pyz.pack import output_file
from django_pyz_runtime.bundle.names import user_folder
from django_pyz_runtime.errors import UserError

_KEPT_SECONDS = 30 * 24 * 3600
_DIGEST_BYTES = 32
_NOWHERE = Path(os.devnull)
"""A folder that cannot be created."""


def default_folder() -> Path | None:
    """Its folder in the user's cache folder; None without a home."""
    caches = user_folder("XDG_CACHE_HOME", ".cache", os.environ)
    return Path(caches) / "django-pyz" if caches else None


class BuildCache:
    """The cache; if it cannot be read or written, nothing is cached.

    Args:
        folder: its folder; None for no cache.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder or _NOWHERE

    def get(self, key: str) -> bytes | None:
        """The content cached for a key, or None.

        Args:
            key: a hexadecimal digest of everything that the content depends on.
        """
        path = self._folder / key
        try:
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        digest, content = data[:_DIGEST_BYTES], data[_DIGEST_BYTES:]
        return content if hashlib.sha256(content).digest() == digest else None

    def put(self, key: str, content: bytes) -> None:
        """Store a content, atomically."""
        with contextlib.suppress(OSError, UserError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with output_file.appearing(self._folder / key) as temporary:
                temporary.write_bytes(hashlib.sha256(content).digest() + content)

    def prune(self) -> None:
        """Remove entries not used for a month."""
        oldest = time.time() - _KEPT_SECONDS
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.stat().st_mtime < oldest:
                    os.unlink(entry)


NO_CACHE = BuildCache(None)
