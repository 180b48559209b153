"""Which of a project's files go into the bundle, and why the others do not."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django_pyz import process
from django_pyz.errors import BuildError
from django_pyz.options import Options

_FOLDERS = {
    **dict.fromkeys((".git", ".hg", ".svn", ".bzr"), "version control"),
    **dict.fromkeys(("__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".tox", ".nox", ".cache"), "cache"),
    "node_modules": "packages of a front-end build",
    ".idea": "editor settings",
    ".vscode": "editor settings",
    "media": "uploads",
}
_FILES = {
    "*.pyc": "cache",
    "*.sqlite3": "database",
    "*.sqlite3-*": "database",
    "db.sqlite": "database",
    ".env": "secrets",
    ".env.*": "secrets",
    "id_rsa": "private key",
    "id_ed25519": "private key",
    "id_ecdsa": "private key",
    "local_settings.py": "settings of this machine",
    ".DS_Store": "desktop settings",
}
UNTRACKED = "not tracked by git"


@dataclass(frozen=True)
class Selection:
    """The outcome.

    Attributes:
        files: what goes in, relative to the root, sorted.
        left_out: what does not, relative path to reason. A folder stands for all in it.
        commit: the git revision, with "+changes" where tracked files were changed; "" without git.
    """

    files: tuple[Path, ...]
    left_out: dict[str, str]
    commit: str


def select(root: Path, options: Options) -> Selection:
    """Choose the files of a project.

    Args:
        root: the project's folder.
        options: `include` and `exclude` are patterns for paths relative to the root.

    Raises:
        BuildError: git tracks a file that is not there.
    """
    tracked = _tracked(root)
    files: list[Path] = []
    left_out: dict[str, str] = {}
    for path in sorted(_walk(root, options, left_out)):
        relative = path.relative_to(root)
        reason = _reason(relative.as_posix(), path.name, options)
        if (
            not reason
            and tracked is not None
            and relative.as_posix() not in tracked
            and not _matches(relative.as_posix(), options.include)
        ):
            reason = UNTRACKED
        if reason:
            left_out[relative.as_posix()] = reason
        else:
            files.append(relative)
    if not files:
        raise BuildError(f"{root}: found no file to put in", "Is the project committed to git?")
    return Selection(tuple(files), left_out, _commit(root) if tracked is not None else "")


def _walk(root: Path, options: Options, left_out: dict[str, str]) -> Iterator[Path]:
    for folder, folders, names in os.walk(root):
        for name in list(folders):
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            if reason := _folder_reason(path, relative, options):
                left_out[relative + "/"] = reason
                folders.remove(name)
        yield from (Path(folder, name) for name in names)


def _folder_reason(path: Path, relative: str, options: Options) -> str:
    if _matches(relative, options.include) or any(item.startswith(relative + "/") for item in options.include):
        return ""
    if (path / "pyvenv.cfg").is_file():
        return "virtual environment"
    if _matches(relative, options.exclude):
        return "excluded"
    if path.name == "media" and any(path.glob("*.py")):
        return ""
    return _FOLDERS.get(path.name, "")


def _reason(relative: str, name: str, options: Options) -> str:
    if _matches(relative, options.include):
        return ""
    if _matches(relative, options.exclude):
        return "excluded"
    return next((reason for pattern, reason in _FILES.items() if fnmatch.fnmatch(name, pattern)), "")


def _matches(relative: str, patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatch.fnmatch(relative, pattern) or relative.startswith(pattern.rstrip("/") + "/") for pattern in patterns
    )


def _tracked(root: Path) -> frozenset[str] | None:
    """The files that git tracks below the root; None where it is in no git work tree."""
    try:
        listed = process.run(["git", "ls-files", "-z", "--cached"], "list files", folder=root)
    except BuildError:
        return None
    names = frozenset(name for name in listed.split("\0") if name)
    return names or None


def _commit(root: Path) -> str:
    try:
        revision = process.run(["git", "rev-parse", "HEAD"], "read the revision", folder=root).strip()
    except BuildError:
        return ""
    changed = process.run(
        ["git", "status", "--porcelain", "--untracked-files=no", "--", "."], "read the status", folder=root
    )
    return revision + ("+changes" if changed.strip() else "")
