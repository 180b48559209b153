"""The one audit hook of the process (PEP 578), shared by all users: a hook can never be removed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any

Look = Callable[..., None]
HERE = -1
"""The folder descriptor in an event where none was given."""

_watches: dict[str, Mapping[str, Look]] = {}
_looks: dict[str, list[Look]] = {}


def watch(name: str, looks: Mapping[str, Look]) -> None:
    """Call functions for events of the process from now on. A second call for a name replaces the first.

    Args:
        name: of who looks.
        looks: by event, a function that gets its arguments, and raises an exception to prevent it.
    """
    if not _watches:
        sys.addaudithook(_hook)
    _watches[name] = looks
    _looks.clear()
    for watching in _watches.values():
        for event, look in watching.items():
            _looks.setdefault(event, []).append(look)


def absolute(path: Any, folder: int = HERE) -> str | None:
    """A path of an event, from the root; None where it is none, or what it starts from is gone: Python says so then.

    Args:
        path: any argument.
        folder: the descriptor that it is relative to.
    """
    if not isinstance(path, str | bytes | os.PathLike):
        return None
    text = os.fsdecode(path)
    try:
        if folder != HERE and not os.path.isabs(text):
            text = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), text)
        return (text if os.path.isabs(text) else os.path.join(os.getcwd(), text)).rstrip("/") or "/"
    except OSError:
        return None


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    """Gets every audit event of the process (https://docs.python.org/3/library/audit_events.html)."""
    for look in _looks.get(event, ()):
        look(*arguments)
