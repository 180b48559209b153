"""What a process of ours ends with.

A worker that cannot load the site ends with a status that says whose fault that is. gunicorn's master, where it gives
up for it, ends with the same (gunicorn.arbiter.Arbiter.reap_workers); the server ends with the exit code for that.
"""

from __future__ import annotations

import sys

from gunicorn.arbiter import Arbiter

from django_pyz_runtime.errors import UserError

_CANNOT_LOAD = {Arbiter.APP_LOAD_ERROR: 2, Arbiter.WORKER_BOOT_ERROR: 1}
"""The status of a worker for a mistake of the user's and for a bug, and the server's exit code for each."""


def worker_status(error: BaseException) -> int:
    """What a worker ends with that cannot load the site."""
    return Arbiter.APP_LOAD_ERROR if isinstance(error, UserError) else Arbiter.WORKER_BOOT_ERROR


def server_exit_code(stop: SystemExit) -> int:
    """What the server ends with where gunicorn's master has ended itself."""
    code = exit_code(stop)
    return _CANNOT_LOAD.get(code, code)


def exit_code(stop: SystemExit) -> int:
    """The exit code that Python would make of it; a text is printed, as Python would (sys.exit)."""
    if isinstance(stop.code, str):
        sys.stderr.write(f"{stop.code}\n")
        return 1
    return stop.code or 0
