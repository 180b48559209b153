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

    @property
    def reason(self) -> str:
        """The last line of the message, which is where programs say what is wrong; some give hints after that."""
        lines = [line.strip() for line in str(self).splitlines()]
        return next((line for line in reversed(lines) if not line.startswith(("hint:", "note:", "Hint:"))), lines[-1])
