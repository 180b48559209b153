"""The error that ends a measurement."""

from __future__ import annotations


class BenchmarkError(Exception):
    """A measured program does not work; the message has its output."""
