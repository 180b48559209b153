"""Detects a project's front-end build steps, each as the command that its own files suggest."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_INSTALLS = {
    "package-lock.json": "npm ci",
    "npm-shrinkwrap.json": "npm ci",
    "yarn.lock": "yarn install --frozen-lockfile",
    "pnpm-lock.yaml": "pnpm install --frozen-lockfile",
    "bun.lock": "bun install --frozen-lockfile",
    "bun.lockb": "bun install --frozen-lockfile",
}
"""The command that installs exactly what is in a lock."""
_OF_OTHERS = {"static", "staticfiles", "vendor", "vendors", "vendored", "third_party", "thirdparty", "node_modules"}
"""Folders for third-party libraries, which need no build."""
_TARGET = re.compile(r"^([A-Za-z0-9_.-]+):(?!=)[^\n]*\n((?:\t[^\n]*\n?)+)", re.MULTILINE)
_TOOLS = re.compile(
    r"\b(npm|npx|yarn|pnpm|bun|webpack|vite|esbuild|rollup|sass|sassc|pysassc|lessc|postcss|tailwindcss)\b"
)
_FOR_WORK = re.compile(r"watch|serve|start|dev|test|lint|check|format|clean|run|docker|help|audit|update|upgrade")
"""In the names of targets whose results are not deployed."""


class Step(NamedTuple):
    """A front-end step.

    Attributes:
        source: the file that suggests it, relative to the project.
        command: for the shell, in the project's root.
    """

    source: Path
    command: str


def steps(root: Path, files: Iterable[Path], project: Path) -> Iterator[Step]:
    """The steps; those of a Makefile if no package.json has one.

    Args:
        root: the project.
        files: its files, relative to it.
        project: the folder of manage.py.
    """
    packages = [path for path in files if path.name == "package.json" and not _is_vendored(path)]
    found = [Step(path, command) for path in packages if (command := _build(root, path, project))]
    yield from found or _targets(root)


def _is_vendored(path: Path) -> bool:
    return any(part.lower().replace("-", "_") in _OF_OTHERS for part in path.parent.parts)


def _build(root: Path, path: Path, project: Path) -> str:
    """The command for the build script of a package.json; "" if it has none, or none that the project should run."""
    try:
        package = json.loads((root / path).read_text(encoding="utf-8"))
        scripts = [name for name in package.get("scripts", {}) if name.startswith("build")]
        # A published third-party package is already built.
        is_own = (
            (root / path).parent in (project, *project.parents) or package.get("private") or "repository" not in package
        )
    except (OSError, ValueError, AttributeError, TypeError):
        return ""
    if not scripts or not is_own:
        return ""
    # Workspaces have their lock in a folder above.
    folders = [root / folder for folder in (path.parent, *path.parent.parents)]
    locks = (install for folder in folders for name, install in _INSTALLS.items() if (folder / name).is_file())
    install = next(locks, "npm install")
    script = "build" if "build" in scripts else scripts[0]
    enter = f"cd {shlex.quote(path.parent.as_posix())} && " if path.parent.parts else ""
    return f"{enter}{install} && {install.partition(' ')[0]} run {script}"


def _targets(root: Path) -> Iterator[Step]:
    """The targets of a Makefile that run a front-end tool."""
    makefile = root / "Makefile"
    try:
        text = makefile.read_text(encoding="utf-8", errors="replace") if makefile.is_file() else ""
    except OSError:
        return
    for name, recipe in _TARGET.findall(text):
        if _TOOLS.search(recipe) and not _FOR_WORK.search(name) and not name.startswith("."):
            yield Step(Path(makefile.name), f"make {name}")
