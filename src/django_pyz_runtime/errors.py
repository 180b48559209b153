"""Errors of the user's: what is wrong and what to do next, without a traceback. Standard library only."""

from __future__ import annotations

import os
import sys


class UserError(Exception):
    """A mistake outside our code: configuration, usage, the project, the machine. Shown as text, exit code 2.

    Args:
        problems: what is wrong, a line each: the place, what was wanted, what was found.
        hint: the next step, shown on a line of its own.
    """

    def __init__(self, *problems: str, hint: str = "") -> None:
        super().__init__(*problems)
        self.problems = problems
        self.hint = hint

    @property
    def problem(self) -> str:
        """What is wrong, without the next step."""
        return "\n".join(self.problems)

    def __str__(self) -> str:
        return "\n".join([*self.problems, *([self.hint] if self.hint else [])])


def system_reason(error: Exception) -> str:
    """What the system says of an error, for the middle of a sentence; else what the error says itself."""
    return str(getattr(error, "strerror", None) or "").lower() or str(error)


def with_causes(error: BaseException | None) -> list[BaseException]:
    """An error and those behind it, each once."""
    found: list[BaseException] = []
    while error is not None and all(error is not one for one in found):
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def line_of(error: BaseException, path: str) -> int | None:
    """The last line of a Python file that ran before an error, or that cannot be compiled; None where none did."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    from traceback import extract_tb

    frames = extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == path), None)


def tell(error: UserError) -> None:
    """Show an error on standard error."""
    sys.stdout.flush()
    say(str(error))


def say(text: str) -> None:
    """Write a text to standard error."""
    sys.stderr.write(as_said(text))


def as_said(text: str) -> str:
    """A text, each line led by the program's name."""
    script = os.path.basename(sys.argv[0])
    return "".join(f"{script}: {line}\n" for line in text.splitlines())
