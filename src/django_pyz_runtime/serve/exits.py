"""What a process of ours ends with where code of the project has ended it."""

from __future__ import annotations

import sys


def exit_code(stop: SystemExit) -> int:
    """The exit code that Python would make of it; a text is printed, as Python would (sys.exit)."""
    if isinstance(stop.code, str):
        sys.stderr.write(f"{stop.code}\n")
        return 1
    return stop.code or 0
