"""What the builder shows: progress, a summary, and notes on what a project may still need."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version
from rich.console import Console

from django_pyz.dependencies import installed
from django_pyz.files.links import ODDITIES
from django_pyz.files.node_packages import names_in
from django_pyz.files.rules import NO_TEXT, UNREADABLE
from django_pyz.files.selection import DELETED, EMPTY_SUBMODULE, Selection
from django_pyz.options import Options
from django_pyz.plan import Plan
from django_pyz.project.project import Project
from django_pyz_runtime.bundle.manifest import Manifest

_SHOWN = 8
_NAMED = 8
_OLDEST_DJANGO = "4.2"
_NEXT_STEPS = {EMPTY_SUBMODULE: " (`git submodule update --init` fetches it)"}


class Progress:
    """Shows the steps of a build on standard error."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show a step while it runs, and how long it took."""
        start = time.monotonic()
        if not self._console.is_terminal:
            self.say(f"{title} ...")
            yield
            return
        with self._console.status(title):
            yield
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
        f"{summary.files:,} files, for Python {manifest.python}{only}",
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


def about_project(found: Project, selection: Selection, options: Options) -> Iterator[str]:
    """Notes on the files of a project."""
    yield from found.notes
    if found.source.kind == installed.KIND:
        environment = found.source.files[0]
        yield (
            f"no list of dependencies was found, so the versions are those installed in {environment}: to keep "
            f"them, run `{installed.keep_list(environment)}` in {found.folder}"
        )
    packages = [path for path in selection.files if path.name == "package.json" and not options.build_commands]
    for path in packages:
        if any(name.startswith("build") for name in names_in(found.root / path, "scripts")):
            yield (
                f"{path} has a build script, which was not run: if the site needs it, give --build-commands, as in "
                '"npm ci && npm run build"'
            )
    compiled = {path.with_suffix("") for path in selection.files if path.suffix == ".mo"}
    if lacking := [path for path in selection.files if path.suffix == ".po" and path.with_suffix("") not in compiled]:
        yield (
            f"{len(lacking)} translations are not compiled, as {lacking[0]}: commit the .mo files, or give "
            '--build-commands "django-admin compilemessages"'
        )


def about_files(selection: Selection) -> Iterator[str]:
    """Notes on what somebody may miss in the file, as it can only be packed as nothing."""
    for reason in dict.fromkeys((*ODDITIES, NO_TEXT, UNREADABLE, DELETED, EMPTY_SUBMODULE)):
        found = sorted(name for name, why in selection.exclusions.items() if why == reason)
        more = f", and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
        if found:
            yield f"left out {', '.join(found[:_NAMED])}{more}: {reason}{_NEXT_STEPS.get(reason, '')}"


def about_packages(manifest: Manifest) -> Iterator[str]:
    """Notes on the installed packages."""
    versions = {component["name"]: component["version"] for component in manifest.sbom["components"]}
    if Version(versions["django"]) < Version(_OLDEST_DJANGO):
        found, wanted = versions["django"], _OLDEST_DJANGO
        yield f"Django {found}: bundles are made for {wanted} and newer; static files keep their names"
