"""Responses in the event loop, and the end of connections whose client reads them too slowly."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from typing import Any

from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.requests.outgoing import Outgoing, give_up, unacknowledged_bytes


class WatchedTransport:
    """A transport that ends its connection where the client keeps it waiting.

    Args:
        transport: what does the work.
        limits: for the client.
        log: called when it ends a connection.
    """

    def __init__(self, transport: asyncio.Transport, limits: Limits, log: Callable[[str], object]) -> None:
        self._transport = transport
        self._limits = limits
        self._log = log
        self._loop = asyncio.get_running_loop()
        self._given = 0
        self._outgoing: Outgoing | None = None
        self._is_timed = math.isinf(limits.answer_seconds)

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send."""
        was_waiting = self._is_waiting
        self._transport.write(data)
        self._watch(len(data), was_waiting)

    def writelines(self, pieces: Iterable[bytes]) -> None:
        """Send one after the other."""
        pieces = list(pieces)
        was_waiting = self._is_waiting
        self._transport.writelines(pieces)
        self._watch(sum(map(len, pieces)), was_waiting)

    def _watch(self, given: int, was_waiting: bool) -> None:
        self._given += given
        if self._is_waiting and not was_waiting:
            self._outgoing = Outgoing(self._limits, self._taken, self._loop.time())
            self._set_timer(self._outgoing.deadline)

    @property
    def _is_waiting(self) -> bool:
        return self._transport.get_write_buffer_size() > 0

    @property
    def _taken(self) -> int:
        unacknowledged = unacknowledged_bytes(self._transport.get_extra_info("socket").fileno())
        return self._given - self._transport.get_write_buffer_size() - unacknowledged

    def _set_timer(self, deadline: float) -> None:
        # One that is pending is left alone, and finds out later that the deadline has moved.
        if not self._is_timed:
            self._is_timed = True
            self._loop.call_at(deadline, self._look)

    def _look(self) -> None:
        """Check the deadline of a response."""
        self._is_timed = False
        outgoing = self._outgoing
        if not outgoing or not self._is_waiting:
            return
        now = self._loop.time()
        if now < outgoing.deadline or outgoing.may_go_on(self._taken, now):
            self._set_timer(outgoing.deadline)
        else:
            self._log("Gave up a client: it reads the response too slowly, see [serve] answer_timeout")
            give_up(self._transport.get_extra_info("socket"))
            self._transport.abort()
