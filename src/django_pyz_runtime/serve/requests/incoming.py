"""An incoming request: where it ends, and whether it arrives fast enough."""

from __future__ import annotations

from django_pyz_runtime.serve.limits import Limits
from django_pyz_runtime.serve.requests.framing import Framing


class Incoming:
    """One request while it arrives.

    Args:
        limits: for its client.
        now: the time, in seconds of some clock.

    Attributes:
        framing: finds its end.
        deadline: when to ask `may_go_on`.
        bytes: how many have arrived.
    """

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._bytes_then = 0
        self._began = now
        self.framing = Framing(limits)
        self.deadline = now + limits.head_seconds
        self.bytes = 0

    def feed(self, data: bytes, now: float) -> int:
        """Check the next data, and return how many bytes of it belong to this request.

        Raises:
            Refusal: the request is rejected.
        """
        had_head = self.framing.has_head
        used = self.framing.feed(data)
        self.bytes += used
        if self.framing.has_head and not had_head:
            self._go_on(now)
        return used

    def may_go_on(self, now: float, is_paused: bool = False) -> bool:
        """Whether its client has another while to send, now that the deadline is over.

        Args:
            now: the time.
            is_paused: whether the server reads nothing at the moment.
        """
        is_slow = self.bytes - self._bytes_then < self._limits.body_least_bytes and not is_paused
        if is_slow or not self.framing.has_head:
            return False
        self._go_on(now)
        return True

    def rate(self, now: float) -> float:
        """Bytes per second received so far; negative before the head is complete."""
        return self.bytes / max(now - self._began, 0.001) if self.framing.has_head else -1

    def _go_on(self, now: float) -> None:
        self._bytes_then = self.bytes
        self.deadline = now + self._limits.body_seconds
