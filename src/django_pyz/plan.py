"""Plans a build before its long steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from django_pyz.dependencies.source import read_files
from django_pyz.epoch import source_date_epoch
from django_pyz.files import secret_scan
from django_pyz.files.paths import matches
from django_pyz.files.selection import Selection, select
from django_pyz.options import Options, read_table
from django_pyz.pack import output_file
from django_pyz.project import project
from django_pyz.project.declared_services import sealed
from django_pyz.python import Python, find_python
from django_pyz_runtime.errors import UserError


@dataclass(frozen=True)
class Plan:
    """What to build, and for which Python.

    Attributes:
        options: of the build.
        found: the project to build.
        python: the interpreter to build for.
        selection: of the project's files.
        epoch: the time written into the file, in seconds since 1970.
        output: the file to write.
    """

    options: Options
    found: project.Project
    python: Python
    selection: Selection
    epoch: int
    output: Path


def make_plan(root: Path, output: Path | None, choose: Callable[[Options], Options]) -> Plan:
    """Find out what to build, and reject what cannot be built.

    Args:
        root: the folder with manage.py, or one above it.
        output: the file to write; default dist/SCRIPT.pyz in the current folder.
        choose: changes the options from the project's pyproject.toml.

    Raises:
        UserError: the project cannot be built.
    """
    options = choose(read_table(root / "pyproject.toml"))
    found = project.find(root, options)
    output = (output or Path("dist") / f"{found.script}.pyz").absolute()
    output_file.check_writable(output)
    selection = select(found.root, options.without_data(), read_files(found.source, found.root))
    _check_files_of_options(found.root, selection, options)
    secret_scan.check(found.root, selection.files, options.allow_secrets)
    python = find_python(options.python)
    return Plan(options, found, python, selection, source_date_epoch(), output)


def _check_files_of_options(root: Path, selection: Selection, options: Options) -> None:
    """Check that the files in the options exist; otherwise only the long steps would find out.

    Raises:
        UserError: a file is missing.
    """
    # These raise if an entry is invalid.
    _ = options.variables, sealed(options)
    if options.build_config and not (path := root / options.build_config).is_file():
        raise UserError(f"build-config: {path}: found no such file")
    if options.build_commands:
        # They may create what is included.
        return
    names = [path.as_posix() for path in selection.files]
    # Patterns for translations may refer to a package's.
    patterns = [item for item in options.include if not item.endswith(".po") and "locale" not in item]
    if lacking := [item for item in patterns if not any(matches(name, [item]) for name in names)]:
        problems = (f"include: {item}: found no such file in {root}" for item in lacking)
        raise UserError(*problems, hint="Files, folders and patterns are relative to the project.")
