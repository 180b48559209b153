"""What ends a measurement."""

from __future__ import annotations


class BenchmarkError(Exception):
    """Something that is measured does not work; the message has its own words."""
