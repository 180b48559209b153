"""Makes a private copy of the project to install from and to run build commands in: its own folder stays unchanged."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from django_pyz import process
from django_pyz.files import git
from django_pyz_runtime.errors import UserError, system_reason

_SHOWN = 20


def make(root: Path, files: Iterable[Path], folder: Path, links: Iterable[Path] = ()) -> Path:
    """Copy files of a project.

    Args:
        root: the project's folder.
        files: relative to it; a symbolic link is replaced by its target.
        folder: where to put the copy, under the project's own name. The siblings of the root are linked next to it, so
            that a requirement on ../another is found.
        links: relative to it; they stay links whose targets build commands may create.

    Returns:
        The copy.

    Raises:
        UserError: a file cannot be read.
    """
    folder.mkdir()
    # Siblings that cannot be listed cannot be required either.
    with contextlib.suppress(PermissionError):
        for neighbour in root.parent.iterdir():
            if neighbour != root and neighbour.is_dir():
                (folder / neighbour.name).symlink_to(neighbour)
    copy = folder / root.name
    copy.mkdir()
    copy_files(root, files, copy)
    for link in links:
        (copy / link).parent.mkdir(parents=True, exist_ok=True)
        target = Path(os.readlink(root / link))
        (copy / link).symlink_to(copy / target.relative_to(root) if target.is_relative_to(root) else target)
    return copy


def copy_files(root: Path, files: Iterable[Path], target: Path) -> None:
    """Copy files, with their modes, to the same relative places.

    Raises:
        UserError: files cannot be read.
    """
    made: set[Path] = set()
    problems: list[str] = []
    for relative in files:
        if (folder := relative.parent) not in made:
            (target / folder).mkdir(parents=True, exist_ok=True)
            made.add(folder)
        try:
            shutil.copy(os.path.join(root, relative), os.path.join(target, relative))
        except OSError as error:
            problems.append(f"{root / relative}: cannot be read ({system_reason(error)})")
    if problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        raise UserError(*problems[:_SHOWN], *more)


def add_history(root: Path, copy: Path) -> None:
    """Give a copy the git history of a repository; some build backends read the version from it.

    The copy shares the objects of the repository but has its own references and settings, so nothing done in it
    changes the original. Without git, or below the top of a repository, the copy gets no history.
    """
    if not (root / ".git").exists():
        return
    with contextlib.suppress(UserError):
        git.clone_history(root, copy)


@contextlib.contextmanager
def errors_about(root: Path, copy: Path) -> Iterator[None]:
    """Replace the copy's path by the project's in error messages.

    Raises:
        UserError: as it was raised inside.
    """
    try:
        yield
    except UserError as error:
        raise UserError(error.problem.replace(str(copy), str(root)), hint=error.hint) from None


def run_commands(commands: Iterable[str], copy: Path, programs: Path, variables: Mapping[str, str]) -> None:
    """Run the project's own build commands in a copy of it.

    Args:
        commands: for the shell, in order.
        copy: the copy.
        programs: the folder to put first on PATH: that of the virtual environment with the dependencies.
        variables: more environment variables.

    Raises:
        UserError: a command failed; the message has the end of its output.
    """
    path = f"{programs}{os.pathsep}{variables.get('PATH') or os.environ.get('PATH', os.defpath)}"
    environment = process.clean_environment(**{**variables, "PATH": path, "VIRTUAL_ENV": str(programs.parent)})
    for command in commands:
        process.run(["/bin/sh", "-c", command], f"run the build command `{command}`", folder=copy, env=environment)
