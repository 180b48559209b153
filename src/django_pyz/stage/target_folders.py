"""Lets a project run without folders of its target machine, such as /var/log/shop.

It runs in the Python that a bundle is built for, inside the staged project, and uses only the standard library. Log
files outside the tree are not written, handlers that cannot be created log nothing, and creating a forbidden folder
appears to succeed.
"""

from __future__ import annotations

import errno
import logging
import logging.config
import os
import tempfile
from typing import Any

_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def do_without(*own: str) -> None:
    """Tolerate missing folders of the target machine from now on.

    Args:
        own: folders of the build, where log files are written so that the build notices them.
    """
    folders = tuple(os.path.join(os.path.realpath(folder), "") for folder in (*own, tempfile.gettempdir()))
    _log_only_to(folders)
    _take_for_made()


def _log_only_to(folders: tuple[str, ...]) -> None:
    opened = logging.FileHandler._open

    def open_own(self: logging.FileHandler) -> Any:
        if not os.path.realpath(self.baseFilename).startswith(folders):
            self.baseFilename = os.devnull
        return opened(self)

    class Configurator(logging.config.DictConfigurator):
        """Like Python's, but tolerates handlers whose socket or file exists only on the target machine."""

        def configure_handler(self, config: Any) -> Any:
            try:
                return super().configure_handler(config)
            except OSError:
                return logging.NullHandler()

    logging.FileHandler._open = open_own  # type: ignore[method-assign]
    logging.config.dictConfigClass = Configurator


def _take_for_made() -> None:
    make = os.mkdir
    taken = set()

    def mkdir(path: Any, *arguments: Any, **options: Any) -> None:
        try:
            make(path, *arguments, **options)
        except OSError as error:
            name = os.path.abspath(os.fsdecode(path)) if isinstance(path, str | bytes | os.PathLike) else ""
            if error.errno not in _REFUSED and os.path.dirname(name) not in taken:
                raise
            taken.add(name)

    os.mkdir = mkdir
