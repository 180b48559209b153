"""Shows the progress of a build: live on a terminal, as plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext

from rich.console import Console
from rich.markup import escape

from django_pyz import process

_LONGEST_LINE = 200


class Progress:
    """Shows the steps of a build on standard error.

    Args:
        seconds: between two lines about one step, without a terminal.
    """

    def __init__(self, seconds: float = 10) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._seconds = seconds

    @contextmanager
    def step(self, title: str, count: Callable[[], str] = str) -> Iterator[None]:
        """Show a step while it runs, and how long it took.

        Args:
            title: of the step.
            count: the current progress, as "12 packages"; called from another thread.
        """
        start, over = time.monotonic(), threading.Event()
        is_terminal = self._console.is_terminal
        with ThreadPoolExecutor(1) as beside, self._console.status(title) if is_terminal else nullcontext() as status:
            if not status:
                self.say(f"{title} ...")

            def watch() -> None:
                while not over.wait(1 if status else self._seconds):
                    said = [f"{time.monotonic() - start:.0f} s", count(), process.last_words()]
                    line = ", ".join(filter(None, said))
                    if status:
                        status.update(escape(f"{title} ({line})"[: self._console.width - 4]))
                    else:
                        self.say(f"  {line}"[:_LONGEST_LINE])

            beside.submit(watch)
            try:
                yield
            finally:
                over.set()
        if is_terminal:
            self.say(f"{title} ({time.monotonic() - start:.1f} s)")

    def say(self, text: str) -> None:
        """Show a line of text."""
        self._console.print(text, markup=False, soft_wrap=True)
