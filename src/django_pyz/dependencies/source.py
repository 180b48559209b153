"""Finds the file that lists a project's dependencies."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from django_pyz.dependencies import installed
from django_pyz.dependencies.locks import pyproject, requirements_files
from django_pyz.dependencies.locks.readers import READERS
from django_pyz.options import Options
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError

_HINT = "Give --requirements FILE."
_PATTERNS = ("requirements*.txt", "*requirements.txt", "requirements*.pip", "requirements/*.txt", "requirements/*.pip")
_NOT_FOR_PRODUCTION = re.compile(
    "dev|devel|develop|development|developer|tests?|testing|lint|linting|linters?|docs?|documentation|local|ci|debug"
    "|build|style|types|typing|mypy|qa|coverage|benchmark|release|e2e"
)
_FOR_PRODUCTION = re.compile("prod|production|deploy|deployment|live|server")
_DJANGO = re.compile(r"\bdjango\b", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """Where a project's dependencies are listed.

    Attributes:
        kind: the file's name; "requirements" for all files of that format.
        files: relative to the project's root, so that they can be read in a copy of it; absolute if they are outside.
            The first one is the source; a lock is followed by the pyproject.toml next to it, or by that of the
            workspace member. A virtual environment is an absolute path.
        installed: of a virtual environment, its packages as lines of a requirements file.
    """

    kind: str
    files: tuple[Path, ...]
    installed: tuple[str, ...] = ()

    @property
    def requirements(self) -> tuple[Path, ...]:
        """The files if they are requirements files; else none."""
        return self.files if self.kind == "requirements" else ()


def find_source(
    root: Path, folders: Sequence[Path], options: Options, environ: Mapping[str, str] = os.environ
) -> Source:
    """Find the dependencies: as the options say, else locks first, and of each kind the one nearest to manage.py.

    If there is no list, the packages in the project's virtual environment are taken.

    A lock or list without Django is probably not for this project, so it comes last.

    Args:
        root: the project.
        folders: where to look, absolute: the one of manage.py first, then up to the root.
        options: from the project or the command line.
        environ: the environment; VIRTUAL_ENV names the active virtual environment.

    Raises:
        UserError: there are none, or several equally good ones.
    """
    if options.requirements:
        return _given(root, options)
    others = []
    for kind in READERS:
        for folder in folders:
            if path := _only(root, folder, _SEARCHES.get(kind, partial(_named, kind))(folder)):
                source = _source(root, kind, path, folders)
                if _is_for_django(kind, path):
                    return source
                others.append(source)
    if others:
        return others[0]
    if environment := installed.find(folders, environ):
        files = (environment, Path("pyproject.toml"))
        return Source(installed.KIND, files, installed.requirements(environment, root))
    raise UserError(
        f"{root}: wanted a lock file, requirements.txt, or dependencies in pyproject.toml or setup.py, or a virtual "
        "environment with Django that is active or lies beside manage.py, found none",
        hint=f"In the project folder, run `{installed.KEEP_LIST}` with the Python of the project's environment, or "
        "give --requirements FILE.",
    )


def _is_for_django(kind: str, path: Path) -> bool:
    """Whether a file certainly belongs to the project: a lock, or a list with an unusual name, must contain Django."""
    if kind in ("pyproject.toml", "setup.cfg", "setup.py") or path.name == "requirements.txt":
        return True
    files = requirements_files.included_files(path) if kind == "requirements" else {path}
    return any(_DJANGO.search(file.read_text(encoding="utf-8", errors="replace")) for file in files)


def _given(root: Path, options: Options) -> Source:
    files = tuple(Path(name) for name in options.requirements)
    for path in files:
        if not (root / path).is_file():
            raise UserError(f"requirements: {root / path}: found no such file")
    kind = _kind(files[0].name)
    if kind != "requirements" and len(files) > 1:
        raise UserError(
            f"requirements: {files[0]}: wanted it alone, found {len(files)} files", hint="Name one of them."
        )
    return Source(kind, tuple(_in_project((root / path).resolve(), root.resolve()) for path in files))


def _in_project(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path


def read_files(source: Source, root: Path) -> Iterator[Path]:
    """The files that are read to find a project's dependencies, relative to it, tracked by git or not.

    Args:
        source: the dependencies.
        root: the project.
    """
    for file in source.files:
        found = {root / file}
        if source.kind == "requirements":
            # The installation reports what cannot be read.
            with contextlib.suppress(UserError):
                found |= requirements_files.read_files(root / file)
        yield from (path.relative_to(root) for path in sorted(found) if path.is_relative_to(root) and path.is_file())


def _kind(name: str) -> str:
    if re.fullmatch(r"pylock(\.[^.]+)?\.toml", name):
        return "pylock.toml"
    return name if name in READERS else "requirements"


def _source(root: Path, kind: str, path: Path, folders: Iterable[Path]) -> Source:
    files = [path]
    if kind in ("uv.lock", "poetry.lock"):
        # A workspace's lock covers several packages; this project's is the nearest.
        above = [folder for folder in folders if folder.is_relative_to(path.parent)]
        places = above if kind == "uv.lock" else [path.parent]
        found = [folder / "pyproject.toml" for folder in places if _is_project(folder / "pyproject.toml")]
        files += found[:1]
    return Source(kind, tuple(file.relative_to(root) for file in files))


def _is_project(path: Path) -> bool:
    content = Pyproject(path)
    return bool(content.project or content.poetry)


def _named(name: str, folder: Path) -> list[Path]:
    return [folder / name] if (folder / name).is_file() else []


def _pylock(folder: Path) -> list[Path]:
    named = (path for path in sorted(folder.glob("pylock.*.toml")) if _kind(path.name) == "pylock.toml")
    return _named("pylock.toml", folder) or list(named)


def _requirements(folder: Path) -> list[Path]:
    """requirements.txt, else the one for production, or the one that includes all others."""
    if plain := _named("requirements.txt", folder):
        return plain
    found = dict.fromkeys(path for pattern in _PATTERNS for path in sorted(folder.glob(pattern)))
    candidates = [path for path in found if not _is_named(path, _NOT_FOR_PRODUCTION)]
    if len(candidates) > 1:
        for_production = [path for path in candidates if _is_named(path, _FOR_PRODUCTION)]
        candidates = for_production if len(for_production) == 1 else _complete(candidates)
    return candidates


def _is_named(path: Path, word: re.Pattern[str]) -> bool:
    return any(map(word.fullmatch, re.split(r"[^a-z0-9]+", path.stem.lower())))


def _complete(candidates: list[Path]) -> list[Path]:
    """The one that includes all the others, if there is one; else all."""
    complete = [path for path in candidates if set(candidates) <= requirements_files.included_files(path)]
    return complete if len(complete) == 1 else candidates


def _only(root: Path, folder: Path, candidates: list[Path]) -> Path | None:
    if len(candidates) > 1:
        # In the form that the option takes.
        listed = "".join(f"\n  {path.relative_to(root)}" for path in candidates)
        raise UserError(f"{folder}: wanted one file with the dependencies, found several:{listed}", hint=_HINT)
    return candidates[0] if candidates else None


def _pyproject(folder: Path) -> list[Path]:
    content = Pyproject(folder / "pyproject.toml")
    has_groups_only = not content.project and bool(_DJANGO.search(str(content.groups)))
    has_some = pyproject.has_main(content) or pyproject.is_dynamic(content) or has_groups_only
    return [folder / "pyproject.toml"] if has_some else []


def _setup_cfg(folder: Path) -> list[Path]:
    # Many projects have one only for their linters.
    wanted = re.compile(r"^install_requires\b", re.MULTILINE)
    return [path for path in _named("setup.cfg", folder) if wanted.search(path.read_text(encoding="utf-8"))]


_SEARCHES: dict[str, Callable[[Path], list[Path]]] = {
    "pylock.toml": _pylock,
    "requirements": _requirements,
    "pyproject.toml": _pyproject,
    "setup.cfg": _setup_cfg,
}
"""How to find candidate files in a folder, for kinds with more than one file name."""
