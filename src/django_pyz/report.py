"""What the builder shows: progress on a terminal, plain lines elsewhere, and a summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from django_pyz.plan import Plan
from django_pyz_runtime.bundle.manifest import Manifest

_SHOWN = 8


class Progress:
    """Shows the steps of a build on standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while it runs, and how long it took."""
        start = time.monotonic()
        if self._console.is_terminal:
            with self._console.status(title):
                yield
        else:
            self.say(f"{title} ...")
            yield
        if self._console.is_terminal:
            self.say(f"{title} ({time.monotonic() - start:.1f} s)")

    def say(self, text: str) -> None:
        """Show a line of text."""
        self._console.print(text, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Summary:
    """What a build has made.

    Attributes:
        plan: what was to be built.
        manifest: of the project in the file.
        files: how many files it unpacks to.
        notes: more lines for the user.
        exclusions: what was not copied, path to reason.
    """

    plan: Plan
    manifest: Manifest
    files: int
    notes: list[str]
    exclusions: dict[str, str]


def show(summary: Summary) -> None:
    """Print a summary on standard output."""
    manifest, output = summary.manifest, summary.plan.output
    packages = len(manifest.sbom["components"])
    only = " only" if manifest.bound_to_python else " or newer"
    lines = [
        f"Built {_short(output)}: {output.stat().st_size / 1e6:.1f} MB, {packages} packages, "
        f"{summary.files:,} files, for Python {manifest.python}{only}{manifest.patch_limits}",
        f"Dependencies from {summary.plan.found.source.files[0]}",
        *_exclusions(summary.exclusions),
        *(f"Note: {note}" for note in summary.notes),
        "Next:",
        f"  cp {_short(output)} /usr/bin/{manifest.script}",
        f"  {manifest.script} pyz config init",
        f"  {manifest.script} runserve --migrate",
    ]
    sys.stdout.write("".join(line + "\n" for line in lines))


def _exclusions(exclusions: dict[str, str]) -> Iterator[str]:
    if not exclusions:
        return
    yield "Left out:"
    items = sorted(exclusions.items())
    yield from (f"  {path} ({reason})" for path, reason in items[:_SHOWN])
    if len(items) > _SHOWN:
        yield f"  and {len(items) - _SHOWN} more"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
