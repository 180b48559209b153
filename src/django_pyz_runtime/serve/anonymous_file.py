"""Anonymous files that the server's processes share; they need no folder for temporary files."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from gunicorn.workers import base, workertmp

if TYPE_CHECKING:
    from gunicorn.config import Config


def anonymous_file() -> int:
    """The descriptor of a new file in memory (memfd_create(2)); or of one in a temporary folder."""
    try:
        return os.memfd_create("django-pyz")
    except (AttributeError, OSError):
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)
        return descriptor


class WorkerTmp(workertmp.WorkerTmp):
    """The heartbeat file of a worker; gunicorn would make it in a folder.

    Args:
        cfg: of gunicorn. A folder that it names is used.
    """

    def __init__(self, cfg: Config) -> None:
        if cfg.worker_tmp_dir:
            super().__init__(cfg)
            return
        self._tmp = os.fdopen(anonymous_file(), "w+b", 0)
        # The worker may run as another user.
        os.fchown(self.fileno(), cfg.uid, cfg.gid)


def use_for_workers() -> None:
    """Make gunicorn's workers use that file; gunicorn has no setting for it."""
    vars(base)["WorkerTmp"] = WorkerTmp
