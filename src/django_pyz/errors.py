"""The error of the build wing."""

from __future__ import annotations


class BuildError(Exception):
    """A build that cannot go on for a reason outside our code; shown as text, exit code 2.

    Args:
        message: what is wrong: where, what was wanted, what was found.
        hint: the next step.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint
