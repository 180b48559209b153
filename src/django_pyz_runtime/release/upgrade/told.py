"""The output of a process, for the message about its step."""

from __future__ import annotations

from collections.abc import Iterator

_TRACEBACK = "Traceback (most recent call last):"


def indented(said: str) -> Iterator[str]:
    """The lines, indented; of a traceback only its end.

    Args:
        said: the output.
    """
    lines = said.splitlines()
    if _TRACEBACK in lines:
        start = lines.index(_TRACEBACK) + 1
        end = next((at for at in range(start, len(lines)) if not lines[at].startswith(" ")), len(lines))
        last = max((at for at in range(start, end) if lines[at].startswith("  File ")), default=start)
        lines = [*lines[: start - 1], *lines[last:]]
    return (f"  {line}" for line in lines)
