"""Which of a project's files go into the bundle, and why the others do not."""

from __future__ import annotations

import fnmatch
import os
import shutil
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
    "*.pyz": "an earlier build",
    ".DS_Store": "desktop settings",
}
UNTRACKED = "not tracked by git"
DELETED = "tracked by git, but not there"


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
        BuildError: no file is left, or there is a repository that git cannot read.
    """
    tracked = _tracked(root)
    files: list[Path] = []
    left_out = {name: DELETED for name in tracked or () if not os.path.lexists(root / name)}
    for path in sorted(_walk(root, root, options, left_out)):
        relative = path.relative_to(root)
        if reason := _reason(root, relative, options, tracked):
            left_out[relative.as_posix()] = reason
        else:
            files.append(relative)
    if not files:
        raise BuildError(f"{root}: found no file to put in", "Is the project committed to git?")
    return Selection(tuple(files), left_out, _commit(root) if tracked is not None else "")


def _walk(root: Path, start: Path, options: Options, left_out: dict[str, str]) -> Iterator[Path]:
    """The files below `start`, through links too, less those in folders that are left out."""
    for folder, folders, names in os.walk(start):
        for name in list(folders):
            path = Path(folder, name)
            relative = path.relative_to(root).as_posix()
            included = _matches(relative, options.include) or any(
                item.startswith(relative + "/") for item in options.include
            )
            reason = "" if included else _folder_reason(path, relative, options)
            if path.is_symlink() and path.resolve() in {parent.resolve() for parent in path.parents}:
                reason = "link to a folder around it"
            if reason:
                left_out[relative + "/"] = reason
                folders.remove(name)
            elif path.is_symlink():
                yield from _walk(root, path, options, left_out)
        yield from (Path(folder, name) for name in names)


def _folder_reason(path: Path, relative: str, options: Options) -> str:
    if (path / "pyvenv.cfg").is_file():
        return "virtual environment"
    if _matches(relative, options.exclude):
        return "excluded"
    if path.name == "media" and any(path.glob("*.py")):
        return ""
    return _FOLDERS.get(path.name, "")


def _reason(root: Path, relative: Path, options: Options, tracked: frozenset[str] | None) -> str:
    name = relative.as_posix()
    if _matches(name, options.include):
        return ""
    if _matches(name, options.exclude):
        return "excluded"
    for folder in relative.parents[:-1]:
        if reason := _folder_reason(root / folder, folder.as_posix(), options):
            return reason
    # A link to a folder is tracked as the link.
    is_tracked = tracked is None or any(path.as_posix() in tracked for path in (relative, *relative.parents))
    reasons = (reason for pattern, reason in _FILES.items() if fnmatch.fnmatch(relative.name, pattern))
    return next(reasons, "" if is_tracked else UNTRACKED)


def _matches(relative: str, patterns: tuple[str, ...]) -> bool:
    return any(
        fnmatch.fnmatch(relative, pattern) or relative.startswith(pattern.rstrip("/") + "/") for pattern in patterns
    )


def _tracked(root: Path) -> frozenset[str] | None:
    """The files that git tracks below the root; None where it is in no git work tree, or where there is no git."""
    command = ["git", "ls-files", "-z", "--cached", "--recurse-submodules"]
    try:
        listed = process.run(command, "list the files that git tracks", folder=root)
    except BuildError:
        if shutil.which("git") and any((folder / ".git").exists() for folder in (root, *root.parents)):
            raise
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
