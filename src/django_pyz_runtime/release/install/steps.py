"""Steps of an installation or an upgrade: each is skipped if already done, and prints a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Step(NamedTuple):
    """A step.

    Attributes:
        what: names the result, for the line.
        is_there: whether nothing is left to do; called just before the step.
        make: takes the step; may return the text for the line, "" for no line.
        done: the default text.
        there: the text if nothing was left to do.
    """

    what: str
    is_there: Callable[[], bool]
    make: Callable[[], str | None]
    done: str = "written"
    there: str = "is in place"


def always(what: str, make: Callable[[], str | None], done: str = "written") -> Step:
    """A step that is taken each time."""
    return Step(what, lambda: False, make, done)


def take(
    steps: Iterable[Step],
    *,
    only_print: bool = False,
    begin: Callable[[Step], None] | None = None,
    failed: Callable[[Step, BaseException], BaseException] | None = None,
) -> None:
    """Take steps, one after the other.

    Args:
        steps: in their order.
        only_print: only print what would be done.
        begin: called before each step.
        failed: gives the error to raise if a step fails or is stopped by a signal; default: its own.

    Raises:
        BaseException: a step failed; those before it have been taken.
    """
    for step in steps:
        try:
            if begin:
                begin(step)
            told = _take(step, only_print=only_print)
        except BaseException as error:
            if failed is None:
                raise
            raise failed(step, error) from None
        if told:
            print(f"{step.what}: {told}", flush=True)


def _take(step: Step, *, only_print: bool) -> str:
    """Take a step and return the text for its line."""
    if step.is_there():
        return step.there
    if only_print:
        return f"would be {step.done}"
    said = step.make()
    return step.done if said is None else said
