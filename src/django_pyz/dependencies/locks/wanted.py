"""The input and output of the readers, and their common parts: names, requirements, requirement lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from django_pyz.options import Options
from django_pyz_runtime.errors import UserError

_T = TypeVar("_T")
INDEX_OPTIONS = ("--index-url", "--extra-index-url", "--find-links", "--no-index", "--trusted-host")
_PYPI = re.compile(r"https://pypi(\.python)?\.org/simple/?")
_PIN = re.compile(r"(?P<name>[A-Za-z0-9][\w.-]*)\s*==\s*(?P<version>[\w.!+-]+)\s*(;.*|\s--hash=.*)?")
"""Without extras, whose missing dependencies would go unnoticed."""
_SCP_STYLE = re.compile(r"[\w.-]+@[\w.-]+:(?!//)")


@dataclass(frozen=True)
class Request:
    """What to read, and for which Python and options.

    Attributes:
        root: the project's folder.
        files: the source's files, relative to it; the first one is read.
        options: name the extras and groups to install.
        python: the interpreter of the environment to fill.
        scratch: a folder for temporary files.
        version: the version to assume for the interpreter, as "3.11.2"; "" for its own.
    """

    root: Path
    files: tuple[Path, ...]
    options: Options
    python: Path
    scratch: Path
    version: str = ""

    @property
    def file(self) -> Path:
        """The file to read."""
        return self.root / self.files[0]

    @property
    def folder(self) -> Path:
        """Its folder, which relative paths in it start from."""
        return self.file.parent

    @property
    def pyproject(self) -> Path:
        """The pyproject.toml that belongs to it; need not exist."""
        return self.root / self.files[1] if len(self.files) > 1 else self.folder / "pyproject.toml"


@dataclass(frozen=True)
class Wanted:
    """The packages that a source asks for.

    Attributes:
        lines: as in a requirements file, local paths absolute.
        index_lines: option lines for indexes.
        is_complete: whether the lines name everything, like a lock, so that nothing needs resolving.
        by_index: for a lock, more lines by the URL of the only index to install them from; it is used for nothing else.
    """

    lines: tuple[str, ...]
    index_lines: tuple[str, ...] = ()
    is_complete: bool = False
    by_index: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def all_lines(self) -> tuple[str, ...]:
        """All lines, from whichever index."""
        return (*self.lines, *(text for texts in self.by_index.values() for text in texts))


def check_known(option: str, asked: Iterable[str], known: Iterable[str], where: Path) -> None:
    """Check that the requested names exist.

    Args:
        option: "extra" or "group".
        asked: the names given.
        known: the names there are.
        where: the file that has them.

    Raises:
        UserError: a name is not known.
    """
    names = sorted(set(known))
    normal = {canonicalize_name(name) for name in names}
    for name in asked:
        if canonicalize_name(name) not in normal:
            listed = f"Known are {', '.join(names)}." if names else f"There are no {option}s in it."
            raise UserError(f"{option}s: {where}: found no {option} {name!r}", hint=listed)


def by_name(table: Mapping[str, _T]) -> dict[str, _T]:
    """The same entries, by normalised name."""
    return {canonicalize_name(name): value for name, value in table.items()}


def parse_requirement(text: str, where: str | Path) -> Requirement:
    """The parts of a requirement.

    Args:
        text: the requirement.
        where: the file that has it.

    Raises:
        UserError: it is not valid (PEP 508).
    """
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise UserError(f"{where}: wanted a requirement, found {text!r} ({error})") from None


def index_lines(urls: Sequence[str]) -> tuple[str, ...]:
    """Option lines for indexes, the first one replacing PyPI; PyPI itself stays as the machine configures it."""
    if not urls:
        return ()
    first, *others = dict.fromkeys(urls)
    lines = [] if _PYPI.fullmatch(first) else [f"--index-url {first}"]
    return (*lines, *(f"--extra-index-url {url}" for url in others))


def is_pypi(url: str) -> bool:
    """Whether a URL is that of PyPI."""
    return bool(_PYPI.fullmatch(url))


def locked(lines: Iterable[tuple[str, str]], index_lines: tuple[str, ...] = ()) -> Wanted:
    """The packages that a lock asks for.

    Args:
        lines: pairs of a line and, before it, its index URL; "" for the default index.
        index_lines: the default index, if it is not the machine's.
    """
    by_index: dict[str, list[str]] = {}
    for url, text in sorted(lines):
        by_index.setdefault("" if is_pypi(url) else url, []).append(text)
    usual = tuple(by_index.pop("", ()))
    return Wanted(usual, index_lines, True, {url: tuple(texts) for url, texts in by_index.items()})


def with_extras(name: str, extras: Iterable[str]) -> str:
    """A name followed by its extras."""
    listed = ",".join(extras)
    return f"{name}[{listed}]" if listed else name


def git_reference(url: str, revision: str = "", subdirectory: str = "") -> str:
    """The URL of a commit in a git repository, as installers accept it."""
    if _SCP_STYLE.match(url):
        url = "ssh://" + url.replace(":", "/", 1)
    prefix = "" if url.startswith("git+") else "git+"
    at = f"@{revision}" if revision else ""
    return with_subdirectory(prefix + url + at, subdirectory)


def with_subdirectory(url: str, subdirectory: str | None) -> str:
    """The URL of a package in a folder of an archive or a repository."""
    return f"{url}#subdirectory={subdirectory}" if subdirectory else url


def line(requirement: str, *, marker: str = "", hashes: Iterable[str] = ()) -> str:
    """A requirement line.

    Args:
        requirement: what to install: name and version, name @ URL, or a path.
        marker: when it applies.
        hashes: as sha256:abcd.
    """
    condition = f" ; {marker}" if marker else ""
    return requirement + condition + "".join(f" --hash={item}" for item in sorted(hashes))


def elsewhere(
    name: str, table: Mapping[str, Any], folder: Path, revision: str, marker: str, hashes: Iterable[str] = ()
) -> str:
    """The requirement line of a package that a poetry or pipenv table takes from outside an index; else "".

    Args:
        name: the package.
        table: its table.
        folder: what paths are relative to.
        revision: in its repository.
        marker: when it is wanted.
        hashes: of its file, as sha256:abcd.
    """
    extras = table.get("extras", ())
    if url := table.get("git"):
        reference = git_reference(url, revision, table.get("subdirectory", ""))
        return line(f"{with_extras(name, extras)} @ {reference}", marker=marker)
    place = table.get("url") or table.get("path") or table.get("file") or ""
    if "://" in place:
        return line(f"{with_extras(name, extras)} @ {place}", marker=marker, hashes=hashes)
    # By its path alone: pipenv invents a name for a package without one.
    return line(with_extras(str((folder / place).resolve()), extras), marker=marker) if place else ""


def pinned_versions(lines: Iterable[str]) -> dict[str, str]:
    """The version of each package, by normalised name; empty if any line is more than a package and its version.

    Lines written by `pip freeze` or pip-compile may be complete.
    """
    found: dict[str, str] = {}
    for text in lines:
        match = _PIN.fullmatch(text.strip())
        if not match or (name := canonicalize_name(match["name"])) in found:
            return {}
        found[name] = match["version"]
    return found
