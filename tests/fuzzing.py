"""A small fuzzer: bytes made from good ones, the same ones every time, and a limit on the time that a reader takes."""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Iterator, Sequence
from types import FrameType

MEGABYTE = 1_000_000
_ODD = (
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xa8",
    b"\xed\xa0\x80",
    b"\xd9\xa3",
    b"\r",
    b"\n",
    b"\x85",
    b"9" * 5000,
    b"-1",
)


def mutations(seeds: Sequence[bytes], words: Sequence[bytes], count: int, seed: int = 1) -> Iterator[bytes]:
    """Damaged inputs.

    Args:
        seeds: good inputs.
        words: what the reader knows, to be put in anywhere.
        count: how many.
        seed: of the random numbers.
    """
    chance = random.Random(seed)
    pool = [*words, *_ODD]
    for _ in range(count):
        content = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 6)):
            _mutate(content, pool, seeds, chance)
        yield bytes(content)


def _mutate(content: bytearray, pool: Sequence[bytes], seeds: Sequence[bytes], chance: random.Random) -> None:
    """Change one thing."""
    start = chance.randint(0, len(content))
    end = min(len(content), start + chance.choice((0, 1, 1, 2, 4, 16, 200)))
    match chance.randrange(5):
        case 0:
            content[start:end] = b""
        case 1:
            content[start:end] = chance.choice(pool)
        case 2:
            content[start:start] = content[start:end] * chance.choice((1, 2, 50))
        case 3:
            content[start:end] = bytes(byte ^ 1 << chance.randrange(8) for byte in content[start:end])
        case _:
            other = chance.choice(seeds)
            cut = chance.randint(0, len(other))
            content[start:] = other[cut:]


class TooSlow(AssertionError):
    """A reader took too long."""


@contextlib.contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Interrupt what takes too long, in seconds of this process's own work, as the machine may have other work to do.

    Raises:
        TooSlow: it was interrupted.
    """

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TooSlow(f"took more than {seconds} s")

    before = signal.signal(signal.SIGVTALRM, interrupt)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
