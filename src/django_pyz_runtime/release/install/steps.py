"""Steps of an installation or an upgrade: each is taken where its end is not reached yet, and told in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Step(NamedTuple):
    """A step.

    Attributes:
        what: it makes, for the line.
        is_there: whether nothing is left to do; asked when its turn has come.
        make: do it; may return what to say then, "" for nothing.
        done: what is said else.
        there: what is said where nothing was left to do.
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
        only_print: say what would be done, and do nothing.
        begin: called before a step is looked at.
        failed: what to raise where a step fails, also by a signal to stop; default: what it raised.

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
    """Take a step; what to say of it."""
    if step.is_there():
        return step.there
    if only_print:
        return f"would be {step.done}"
    said = step.make()
    return step.done if said is None else said
