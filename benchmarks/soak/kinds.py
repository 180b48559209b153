"""The requests of the soak test's clients."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import cycle, islice

SLOW_SECONDS = 5.0
"""The duration of a slow request."""
SLOW_PATH = "/slow/"
"""The path of a page that takes that long."""
_PIECES = 10
Body = bytes | Iterator[bytes]


@dataclass(frozen=True)
class Kind:
    """One kind of request, and its expected response.

    Attributes:
        path: of the request.
        says: text that the response must contain.
        status: of the response.
        method: of the request.
        headers: of the request.
        body: creates the request's body.
        seconds: its own duration.
    """

    path: str
    says: bytes
    status: int = 200
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Callable[[], Body | None] = lambda: None
    seconds: float = 0.0

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _report() -> bytes:
    """A current crash report, as a product would send it."""
    moment = datetime.now(UTC).isoformat(timespec="microseconds")
    crash = {"product": "Firefox", "version": "140.0", "signature": "soak", "platform": "Linux", "time": moment}
    return json.dumps(crash).encode()


def _trickled_report() -> Iterator[bytes]:
    """The same, with the same length, from a client on a slow connection."""
    report = _report()
    size = -(-len(report) // _PIECES)
    for start in range(0, len(report), size):
        time.sleep(SLOW_SECONDS / _PIECES)
        yield report[start : start + size]


_JSON = {"Content-Type": "application/json"}
PAGE = Kind("/", b"<svg")
PAGE_OF_A_MONTH = Kind("/?days=30", b"<svg")
SIGNATURE = Kind("/signature/?product=Firefox&signature=IPCError-browser+%7C+ShutDownKill", b"IPCError-browser")
SUBMIT = Kind("/submit/", b"/report/", 201, "POST", _JSON, _report)
STATIC = Kind("/static/site.css", b"--page")
MISSING = Kind("/no/such/page/", b"<html", 404)
LIVE = Kind("/-/live", b"ok")
READY = Kind("/-/ready", b"ok")
SLOW = Kind(SLOW_PATH, b"slow", seconds=SLOW_SECONDS)

MIX: Sequence[Kind] = (
    *(PAGE, STATIC, LIVE, PAGE_OF_A_MONTH, STATIC, SIGNATURE, STATIC, PAGE, READY, MISSING),
    *(STATIC, PAGE, LIVE, SIGNATURE, STATIC, SUBMIT, PAGE, STATIC, READY, PAGE_OF_A_MONTH),
)
"""The sequence of quick requests; each client starts at a different place."""


def quick(number: int) -> Iterator[Kind]:
    """The endless requests of a client.

    Args:
        number: of the client.
    """
    return islice(cycle(MIX), number % len(MIX), None)


def slow(number: int) -> Iterator[Kind]:
    """The same for a slow client: it waits for a slow page, or sends its own body slowly.

    Args:
        number: of the client.
    """
    # A body sent in pieces needs its length declared.
    headers = {**_JSON, "Content-Length": str(len(_report()))}
    trickled = Kind("/submit/", b"/report/", 201, "POST", headers, _trickled_report, SLOW_SECONDS)
    return cycle((SLOW, trickled) if number % 2 == 0 else (trickled, SLOW))
