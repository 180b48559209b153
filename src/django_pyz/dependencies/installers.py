"""uv where it is there, else pip: each fills a virtual environment."""

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
"""What the installers say where a package is not for this Python."""
_NO_ANSWER = re.compile(
    r"timed out|dns error|name resolution|client error \(Connect\)|NewConnectionError", re.IGNORECASE
)
_INDEX = re.compile(r"Failed to fetch: `?(https?://[^/\s]+)|Retry\(total=0,.*Pool\(host='([^']+)', port=(\d+)")
"""Where uv and pip name the index that they could not reach."""
_SILENT_HINT = (
    "Look at the address and the network. To wait longer: UV_HTTP_TIMEOUT=SECONDS with uv, PIP_DEFAULT_TIMEOUT=SECONDS "
    "with pip."
)
_BEST_OF_ALL_INDEXES = (
    "If every index may bring every package, as with pip: set UV_INDEX_STRATEGY=unsafe-best-match, "
    'or index-strategy = "unsafe-best-match" below [tool.uv] in pyproject.toml.'
)
"""What uv does not do of itself: whoever puts a newer package of that name on one index would replace another's."""


class IndexSilent(UserError):
    """A package index that does not answer; no other way to install would do better."""


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
        """Where packages are."""
        return next(self.folder.glob("lib/python*/site-packages"))

    def make(self, python: Python) -> None:
        """Make it, with nothing installed.

        Raises:
            UserError: the Python that it is for cannot.
        """
        process.run([python.executable, "-I", "-m", "venv", "--without-pip", self.folder], "make a virtual environment")

    def install(self, lines: Sequence[str], what: str, *options: str) -> None:
        """Install the lines of a requirements file, and what they depend on.

        Args:
            lines: of the file.
            what: what it is for, completing "cannot ...".
            options: for the installer.

        Raises:
            UserError: the installer failed; IndexSilent where an index does not answer.
        """
        file = self.folder / "requirements.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        command = [*installer(self.interpreter, self.link_mode), *options, "-r", file]
        variables = process.installer_environment()
        # The one option about indexes that uv does not take from a file.
        trusted = [line.split()[1] for line in lines if line.startswith("--trusted-host ")]
        variables["UV_INSECURE_HOST"] = " ".join([variables.get("UV_INSECURE_HOST", ""), *trusted]).strip()
        try:
            process.run(command, what, folder=self.base, env=variables)
        except UserError as error:
            raise _explained(error, what) from None

    def install_exactly(self, lines: Sequence[str], what: str) -> None:
        """Install the lines of a requirements file, each of one version, and nothing else.

        What uv has in its cache is what the index would give: it is not asked, where there can be only one.

        Raises:
            UserError: the installer failed.
        """
        if shutil.which("uv") and (self._has_one_index(lines) or all("--hash=" in line for line in lines)):
            with contextlib.suppress(UserError):
                return self.install(lines, what, "--no-deps", "--offline")
        self.install(lines, what, "--no-deps")

    def install_pins(self, lines: Sequence[str], what: str) -> None:
        """Install the lines of a requirements file, each of one version, which may name all that they depend on.

        uv need not ask an index for that; pip, which always does, resolves in no more time.

        Raises:
            UserError: the installer failed, or something is missing or of a version that does not do.
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
        """Whether neither the lines nor the project's configuration of uv name an index."""
        for folder in (self.base, *self.base.parents):
            project = folder / "pyproject.toml"
            if (folder / "uv.toml").exists() or (project.is_file() and b"tool.uv" in project.read_bytes()):
                return False
        return not any(line.startswith("-") for line in lines)


def _explained(error: UserError, what: str) -> UserError:
    """What an installer said, with the next step."""
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
    """The packages with extras that installed packages depend on; `uv pip check` looks at neither."""
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

    A hard link costs far less than a copy, and nothing here writes into an installed file: our own steps replace files,
    and `in_process` gives a file that the project writes to a copy of its own.
    """
    return "copy" if os.environ.get("UV_LINK_MODE") == "copy" else "hardlink"
