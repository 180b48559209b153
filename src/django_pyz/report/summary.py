"""Prints the result of a build on one screen."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from django_pyz.files.exclusions import VERSION_CONTROL
from django_pyz.plan import Plan
from django_pyz_runtime.bundle.manifest import Manifest

_SHOWN = 8


@dataclass(frozen=True)
class Summary:
    """The result of a build.

    Attributes:
        plan: of the build.
        manifest: of the project in the file.
        files: number of unpacked files.
        notes: more lines for the user.
        exclusions: what was not copied, path to reason.
    """

    plan: Plan
    manifest: Manifest
    files: int
    notes: list[str]
    exclusions: dict[str, str]


def show(summary: Summary, *, is_served: bool = False) -> None:
    """Print a summary on standard output.

    Args:
        summary: of a build.
        is_served: whether the file is served next, which changes the next steps.
    """
    manifest, output = summary.manifest, summary.plan.output
    packages = len(manifest.sbom["components"])
    only = " only" if manifest.bound_to_python else " or newer"
    lines = [
        f"Built {_short(output)}: {output.stat().st_size / 1e6:.1f} MB, {packages} packages, "
        f"{summary.files:,} files, for Python {manifest.python}{only}{manifest.patch_limits}",
        f"Dependencies from {summary.plan.found.source.files[0]}",
        *_exclusions(summary.exclusions),
        *_shortened([f"Note: {note}" for note in summary.notes], "notes"),
        *(_steps_of_a_visitor(output) if is_served else _steps_of_an_operator(output, manifest.script)),
    ]
    sys.stdout.write("".join(line + "\n" for line in lines))


def _steps_of_an_operator(output: Path, script: str) -> Iterator[str]:
    yield "Next:"
    yield f"  cp {shlex.quote(_short(output))} /usr/bin/{script}"
    yield f"  {script} pyz config init"
    yield f"  {script} runserve --migrate"


def _steps_of_a_visitor(output: Path) -> Iterator[str]:
    file = shlex.quote(_short(output))
    # A command without a slash would be looked for on PATH.
    file = file if "/" in file else f"./{file}"
    yield "Serving it now; Ctrl-C ends that. Next:"
    yield f"  configure it: {file} pyz config init"
    yield f"  install it:   {file} pyz install --system"
    yield f"  read on:      {file} pyz help"


def _exclusions(exclusions: dict[str, str]) -> Iterator[str]:
    # Do not list .git.
    lines = [f"  {path} ({reason})" for path, reason in sorted(exclusions.items()) if reason != VERSION_CONTROL]
    if lines:
        yield "Left out:"
        yield from _shortened(lines, "files or folders")


def _shortened(lines: Sequence[str], what: str) -> Iterator[str]:
    yield from lines[:_SHOWN]
    if len(lines) > _SHOWN:
        yield f"  and {len(lines) - _SHOWN} more {what}: --report FILE lists them all"


def _short(path: Path) -> str:
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
