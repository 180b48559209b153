"""Steps that lead to a state: each looks whether that is there, is taken where it is not, and told in a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple


class Step(NamedTuple):
    """A step.

    Attributes:
        what: it makes, for the line.
        is_there: whether nothing is left to do; asked when its turn has come.
        make: do it.
        done: what is said then.
        there: what is said where nothing was left to do.
    """

    what: str
    is_there: Callable[[], bool]
    make: Callable[[], None]
    done: str = "written"
    there: str = "is in place"


def take(
    steps: Iterable[Step], *, only_print: bool = False, failed: Callable[[Step, Exception], Exception] | None = None
) -> None:
    """Take steps, one after the other.

    Args:
        steps: in their order.
        only_print: say what would be done, and do nothing.
        failed: what to raise where a step fails; default: what it raised.

    Raises:
        Exception: a step failed; those before it have been taken.
    """
    for step in steps:
        try:
            is_there = step.is_there()
            if not is_there and not only_print:
                step.make()
        except Exception as error:
            if failed is None:
                raise
            raise failed(step, error) from None
        told = step.there if is_there else f"would be {step.done}" if only_print else step.done
        print(f"{step.what}: {told}", flush=True)
