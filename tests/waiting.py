"""Waiting, as long as a busy machine needs, for what must come."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

DEADLINE_SECONDS = 300
"""How long anything may take that a test waits for: all the time that a busy machine needs, as it costs nothing."""
_PAUSE_SECONDS = 0.005


def wait_until(condition: Callable[[], object], what: object) -> None:
    """Wait until something holds.

    Args:
        condition: asked again and again.
        what: what is waited for; called, where it can be, to say how things stand.

    Raises:
        AssertionError: it does not.
    """
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {DEADLINE_SECONDS} s in vain: {what() if callable(what) else what}")
        time.sleep(_PAUSE_SECONDS)


@contextlib.contextmanager
def held_up_at(gate: Path) -> Iterator[None]:
    """Wait until somebody reads a named pipe, and let them go at the end of the block."""
    descriptors: list[int] = []

    def is_read() -> bool:
        with contextlib.suppress(OSError):
            descriptors.append(os.open(gate, os.O_WRONLY | os.O_NONBLOCK))
        return bool(descriptors)

    wait_until(is_read, f"somebody to read {gate}")
    try:
        yield
    finally:
        os.close(descriptors[0])
