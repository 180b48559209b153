"""Measures the process that executes this first, with RESULTS and PACKAGES, where it may write to RESULTS."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, NoReturn

_EXPECTED = ("already-imported", "no-data-collected", "trace-changed")


def start(results: str, packages: str) -> None:
    """Measure until the process ends, or becomes another program.

    Args:
        results: the folder for what is measured.
        packages: the site-packages with coverage.
    """
    import os

    if not os.access(results, os.W_OK):
        return
    sys.path.insert(0, packages)
    import atexit
    from contextlib import suppress

    from coverage import Coverage

    sys.path.remove(packages)
    measured = Coverage(
        data_file=os.path.join(results, "process"),
        data_suffix=True,
        auto_data=False,
        branch=True,
        config_file=False,
        include=["*/django_pyz/*", "*/django_pyz_runtime/*"],
    )
    measured.set_option("run:disable_warnings", list(_EXPECTED))

    def save() -> None:
        with suppress(Exception):
            measured.stop()
            # It may have become another user.
            if os.access(results, os.W_OK):
                measured.save()

    def saved_before(function: Callable[..., NoReturn]) -> Callable[..., NoReturn]:
        def call(*arguments: Any) -> NoReturn:
            save()
            try:
                function(*arguments)
            finally:
                measured.start()

        return call

    for name in ("_exit", "execv", "execve"):
        setattr(os, name, saved_before(getattr(os, name)))
    atexit.register(save)
    measured.start()


# The code of a bundle looks at its own text, which stands behind this.
if sys.orig_argv[1:3] == ["-S", "-c"]:
    sys.orig_argv[3] = sys.orig_argv[3].partition("\n")[2]
try:
    start(globals().pop("RESULTS"), globals().pop("PACKAGES"))
except Exception:
    sys.modules.pop("coverage", None)
finally:
    del start
