"""Errors of the user's: what is wrong and what to do next, without a traceback. Standard library only."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

LOST_READER = 141
"""The exit code of a program whose reader has closed the pipe: as if killed by SIGPIPE, 13."""
CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG = range(2, 8)
"""Priorities of syslog and of the journal."""

form: Callable[[str, int], str] | None = None
"""Changes the format of all messages of a process, if set."""


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
    """The system's text for an error, for the middle of a sentence; else the error's own."""
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


def has_lost_reader(error: BrokenPipeError | None = None) -> bool:
    """Flush standard output, and return whether its reader has closed it, as behind `| head -1`.

    Python would complain about that once more at its end, if it were not for this.

    Args:
        error: that may come from there, or from another stream.
    """
    try:
        if sys.stdout and not sys.stdout.closed:
            sys.stdout.flush()
        if error is None or not _has_no_reader():
            return False
    except BrokenPipeError:
        pass
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return True


def _has_no_reader() -> bool:
    import select

    try:
        poll = select.poll()
        poll.register(sys.stdout, 0)
        return any(event & select.POLLERR for _, event in poll.poll(0))
    except (AttributeError, OSError, ValueError):  # it is no file, or closed
        return False


def tell(error: UserError) -> None:
    """Show an error on standard error."""
    sys.stdout.flush()
    write(as_said(str(error)), ERROR)


def say(text: str) -> None:
    """Write a text to standard error, each line led by the program's name."""
    write(as_said(text), NOTICE)


def write(text: str, priority: int) -> None:
    """Write lines to standard error as they are; the journal learns how urgent they are, and takes them for one event.

    Args:
        text: the lines.
        priority: as syslog has it.
    """
    if form:
        text = form(text, priority)
    if not is_journal(sys.stderr):
        sys.stderr.write(text)
    elif "\n" not in (whole := text.rstrip("\n")) or not _sent(whole, priority):
        sys.stderr.write(with_priority(text, priority))


def _sent(text: str, priority: int) -> bool:
    from django_pyz_runtime.journal import send

    return send(text, priority)


def is_journal(stream: TextIO | None) -> bool:
    """Whether a stream leads to systemd's journal (systemd.exec(5), JOURNAL_STREAM)."""
    if not stream or not (wanted := os.environ.get("JOURNAL_STREAM")):
        return False
    try:
        status = os.fstat(stream.fileno())
    except (AttributeError, OSError, ValueError):  # it is no file, or closed
        return False
    return wanted == f"{status.st_dev}:{status.st_ino}"


def with_priority(text: str, priority: int) -> str:
    """Lines as the journal wants them, each with its priority (sd-daemon(3))."""
    return "".join(f"<{priority}>{line}" for line in text.splitlines(keepends=True))


def as_said(text: str) -> str:
    """A text, each line led by the program's name."""
    script = os.path.basename(sys.argv[0])
    return "".join(f"{script}: {line}\n" for line in text.splitlines())
