"""Sums that go wrong."""

import faulthandler
import warnings


def divide(a, b):
    """Divide."""
    return a / b  # the line that fails


def count(end):
    total = 0
    for number in range(end):
        if number > 100:
            total = -1
        total += number
    return total


def claim():
    assert False, "the shop is closed"


def dump():
    faulthandler.dump_traceback()


def warn():
    warnings.warn("the shop closes", DeprecationWarning)
