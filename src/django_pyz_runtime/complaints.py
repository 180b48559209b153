"""User errors of the run wing: what is wrong and what to do next, without a traceback."""

from __future__ import annotations

import os
import sys


class Complaint(Exception):
    """A mistake outside the code: configuration, usage, the machine. It is shown as text and ends with exit code 2.

    Args:
        problems: what is wrong, a line each, with the place, what was wanted and what was found.
        hint: the next step, shown on a line of its own.
    """

    def __init__(self, *problems: str, hint: str = "") -> None:
        super().__init__(*problems)
        self.problems = problems
        self.hint = hint

    def __str__(self) -> str:
        return "\n".join([*self.problems, *([self.hint] if self.hint else [])])


def tell(complaint: Complaint) -> None:
    """Show a complaint on standard error."""
    sys.stdout.flush()
    sys.stderr.write(as_told(complaint))


def as_told(complaint: Complaint) -> str:
    """The text of a complaint, each line led by the program's name."""
    script = os.path.basename(sys.argv[0])
    return "".join(f"{script}: {line}\n" for line in str(complaint).splitlines())
