"""Limits on the size of requests, and on the time to receive them and to send the response."""

from __future__ import annotations

import math
from typing import NamedTuple

from django_pyz_runtime.config.configuration import Configuration

LEAST_BYTES_A_SECOND = 500
"""Of a request's body, or an answer, on average; what Apache asks for (mod_reqtimeout, MinRate)."""


class Limits(NamedTuple):
    """The limits for clients; infinity is a time without limit.

    Attributes:
        head_seconds: from its connection, or its next request, until the head is there.
        body_seconds: in each time as long as this, at least `body_least_bytes` of a body must come.
        body_bytes: of a body, at most; None for no limit.
        files_bytes: of all requests that a worker keeps in temporary files at a time; None for no limit.
        answer_seconds: in each time as long as this that an answer waits for its client, it must take at least
            `answer_least_bytes`.
        head_bytes: of request line and header fields together, at most.
    """

    head_seconds: float = 20
    body_seconds: float = 30
    body_bytes: int | None = None
    answer_seconds: float = 30
    files_bytes: int | None = None
    head_bytes: int = 64 * 1024

    @property
    def body_least_bytes(self) -> float:
        """The bytes of a body that must arrive in each `body_seconds`."""
        return self.body_seconds * LEAST_BYTES_A_SECOND

    @property
    def answer_least_bytes(self) -> float:
        """The bytes of a response that the client must read in each `answer_seconds`."""
        return self.answer_seconds * LEAST_BYTES_A_SECOND


def within(limits: Limits, field_bytes: int) -> Limits:
    """The same limits, with room in a request's head for two of the largest fields that gunicorn lets through."""
    return limits._replace(head_bytes=max(limits.head_bytes, 2 * field_bytes))


def limits_of(configuration: Configuration) -> Limits:
    """The limits that [serve] sets."""
    body_bytes = _size(configuration, "body_limit")
    files_bytes = _size(configuration, "body_total")
    return Limits(
        head_seconds=configuration.get("serve", "head_timeout") or math.inf,
        body_seconds=configuration.get("serve", "body_timeout") or math.inf,
        body_bytes=body_bytes,
        answer_seconds=configuration.get("serve", "answer_timeout") or math.inf,
        files_bytes=files_bytes and max(files_bytes, body_bytes or 0),
    )


def _size(configuration: Configuration, option: str) -> int | None:
    size: int | str = configuration.get("serve", option)
    return None if isinstance(size, str) else size
