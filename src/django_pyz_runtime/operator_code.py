"""Python files that the operator writes: what is said where one fails shows none of its lines, as they hold secrets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.redaction import redacted

_SAYS_NO_VALUE = (ArithmeticError, AttributeError, ImportError, NameError, SyntaxError, TypeError)
"""Errors whose message speaks of code; others, as ValueError, may repeat a value."""


@contextmanager
def told_without_source(where: str, path: str) -> Iterator[None]:
    """Tell an error in a file of the operator's by its line and kind.

    Args:
        where: names the option.
        path: of the file, as it was compiled.

    Raises:
        Complaint: in place of every error but one.
    """
    try:
        yield
    except Complaint:
        raise
    except Exception as error:
        line = _line(error, path)
        message = f": {redacted(_message(error))}" if isinstance(error, _SAYS_NO_VALUE) else ""
        raise Complaint(f"{where}: {path}{f':{line}' if line else ''}: {type(error).__name__}{message}") from None


def _line(error: Exception, path: str) -> int | None:
    """The last line of the file that ran, or that cannot be read."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno
    from traceback import extract_tb

    frames = extract_tb(error.__traceback__)
    return next((frame.lineno for frame in reversed(frames) if frame.filename == path), None)


def _message(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error)
