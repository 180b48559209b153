"""uv if available, else pip: each fills a virtual environment."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from django_pyz import process
from django_pyz.python import Python
from django_pyz_runtime.errors import UserError

_WANTS_PYTHON = re.compile(
    r"satisfy Python|different python|Requires-Python|incompatible with the .*Python", re.IGNORECASE
)
"""What the installers print if a package does not support this Python."""
_NO_ANSWER = re.compile(
    r"timed out|dns error|name resolution|client error \(Connect\)|NewConnectionError", re.IGNORECASE
)
_INDEX = re.compile(r"Failed to fetch: `?(https?://[^/\s]+)|Retry\(total=0,.*Pool\(host='([^']+)', port=(\d+)")
"""Where uv and pip name the index that they could not reach."""
_SILENT_HINT = (
    "Check the address and the network. To wait longer: UV_HTTP_TIMEOUT=SECONDS with uv, PIP_DEFAULT_TIMEOUT=SECONDS "
    "with pip."
)
_BEST_OF_ALL_INDEXES = (
    "To let every index provide every package, as with pip: set UV_INDEX_STRATEGY=unsafe-best-match, "
    'or index-strategy = "unsafe-best-match" below [tool.uv] in pyproject.toml.'
)
"""uv's default forbids this: a newer package of the same name on one index could replace another's."""


class IndexSilent(UserError):
    """A package index does not answer; no other way to install would do better."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment that is being filled.

    Attributes:
        folder: where it is.
        base: the folder in which the installer runs: installers read configuration there.
        link_mode: how uv takes files from its cache.
    """

    folder: Path
    base: Path
    link_mode: str

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self.folder / "bin" / "python"

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return next(self.folder.glob("lib/python*/site-packages"))

    def make(self, python: Python) -> None:
        """Create it, with nothing installed.

        Raises:
            UserError: its Python cannot create environments.
        """
        process.run([python.executable, "-I", "-m", "venv", "--without-pip", self.folder], "make a virtual environment")

    def install(self, lines: Sequence[str], what: str, *options: str) -> None:
        """Install the lines of a requirements file, and what they depend on.

        Args:
            lines: of the file.
            what: the purpose, completing "cannot ...".
            options: for the installer.

        Raises:
            UserError: the installer failed; IndexSilent if an index does not answer.
        """
        file = self.folder / "requirements.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [*installer(self.interpreter, self.link_mode), *options, "-r", file]
        variables = process.installer_environment()
        # The only index option that uv does not read from a file.
        trusted = [line.split()[1] for line in lines if line.startswith("--trusted-host ")]
        variables["UV_INSECURE_HOST"] = " ".join([variables.get("UV_INSECURE_HOST", ""), *trusted]).strip()
        try:
            process.run(command, what, folder=self.base, env=variables)
        except UserError as error:
            raise _explained(error, what) from None

    def install_exactly(self, lines: Sequence[str], what: str) -> None:
        """Install pinned requirement lines, and nothing else.

        uv's cache holds what the index would return, so with one index, or with hashes, it is tried offline first.

        Raises:
            UserError: the installer failed.
        """
        if shutil.which("uv") and (self._has_one_index(lines) or all("--hash=" in line for line in lines)):
            with contextlib.suppress(UserError):
                return self.install(lines, what, "--no-deps", "--offline")
        self.install(lines, what, "--no-deps")

    def install_pins(self, lines: Sequence[str], what: str) -> None:
        """Install pinned requirement lines that may already include all their dependencies.

        uv needs no index for that. pip always asks one, so it may as well resolve.

        Raises:
            UserError: the installer failed, or a dependency is missing or has an unsuitable version.
        """
        uv = shutil.which("uv")
        if not uv:
            return self.install(lines, what)
        self.install_exactly(lines, what)
        variables = process.installer_environment()
        process.run([uv, "pip", "check", "--python", self.interpreter], what, folder=self.base, env=variables)
        if extras := sorted(_wanted_extras(self.site_packages)):
            raise UserError(f"cannot {what}: the dependencies of {extras[0]} must be resolved first")

    def _has_one_index(self, lines: Iterable[str]) -> bool:
        """Whether neither the lines nor the project's uv configuration name an index."""
        for folder in (self.base, *self.base.parents):
            project = folder / "pyproject.toml"
            if (folder / "uv.toml").exists() or (project.is_file() and b"tool.uv" in project.read_bytes()):
                return False
        return not any(line.startswith("-") for line in lines)


def _explained(error: UserError, what: str) -> UserError:
    """The installer's error, with the next step."""
    if (why := _NO_ANSWER.search(error.problem)) and (found := _INDEX.search(error.problem)):
        index = found[1] or f"{found[2]}:{found[3]}"
        return IndexSilent(f"cannot {what}: the package index {index} does not answer ({why[0]})", hint=_SILENT_HINT)
    hint = error.hint
    if _WANTS_PYTHON.search(error.problem):
        hint = "Give another Python with --python."
    elif "dependency confusion" in error.problem:
        hint = _BEST_OF_ALL_INDEXES
    return UserError(error.problem, hint=hint)


def _wanted_extras(site_packages: Path) -> set[str]:
    """Requirements with extras among the installed packages; `uv pip check` does not check them."""
    needs = (Requirement(text) for item in distributions(path=[str(site_packages)]) for text in item.requires or ())
    return {str(need) for need in needs if need.extras and "extra" not in str(need.marker)}


def installed_versions(site_packages: Path) -> dict[str, str]:
    """The installed packages, by normalised name, sorted."""
    packages = distributions(path=[str(site_packages)])
    found = {canonicalize_name(item.metadata["Name"]): item.version for item in packages}
    return dict(sorted(found.items()))


def installer(interpreter: Path, link_mode: str = "copy") -> list[str | Path]:
    """The command that installs for an interpreter, up to the requirements.

    Args:
        interpreter: of a virtual environment.
        link_mode: how uv takes files from its cache.
    """
    if uv := shutil.which("uv"):
        return [uv, "pip", "install", "--link-mode", link_mode, "--python", interpreter]
    return [sys.executable, "-P", "-m", "pip", "--python", interpreter, "install", "--no-compile"]


def link_mode() -> str:
    """How uv takes files from its cache.

    A hard link is far cheaper than a copy, and nothing here modifies an installed file: our own steps replace files,
    and `in_process` copies a file before the project writes to it.
    """
    return "copy" if os.environ.get("UV_LINK_MODE") == "copy" else "hardlink"
