"""What a process has said, for the message about the step that it was run for."""

from __future__ import annotations

from collections.abc import Iterator

_TRACEBACK = "Traceback (most recent call last):"


def indented(said: str) -> Iterator[str]:
    """The lines, of a traceback only the place where it ends.

    Args:
        said: by the process.
    """
    lines = said.splitlines()
    if _TRACEBACK in lines:
        start = lines.index(_TRACEBACK) + 1
        end = next((at for at in range(start, len(lines)) if not lines[at].startswith(" ")), len(lines))
        last = max((at for at in range(start, end) if lines[at].startswith("  File ")), default=start)
        lines = [*lines[: start - 1], *lines[last:]]
    return (f"  {line}" for line in lines)
