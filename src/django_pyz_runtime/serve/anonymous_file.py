"""Files without a name, for what processes of the server share: a machine need have no folder for temporary ones."""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from gunicorn.workers import base, workertmp

if TYPE_CHECKING:
    from gunicorn.config import Config


def anonymous_file() -> int:
    """The descriptor of a new file in memory (memfd_create(2)); in a temporary folder where the system has no such."""
    try:
        return os.memfd_create("django-pyz")
    except (AttributeError, OSError):
        descriptor, path = tempfile.mkstemp()
        os.unlink(path)
        return descriptor


class WorkerTmp(workertmp.WorkerTmp):
    """The file by which a worker gives signs of life, which gunicorn makes in a folder.

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
    """Have gunicorn's workers take that file; it has no setting for it."""
    vars(base)["WorkerTmp"] = WorkerTmp
