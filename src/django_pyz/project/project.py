"""Finds the parts of a project on disk, without importing any of it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Mapping, Sequence
from configparser import Error as ParserError
from configparser import RawConfigParser
from dataclasses import dataclass
from pathlib import Path

from django_pyz.dependencies.source import Source, find_source
from django_pyz.options import Options
from django_pyz.project import entry_point, manage_py, own_package, settings_choice
from django_pyz.project.entry_point import EntryPoint
from django_pyz.project.manage_py import ManagePy
from django_pyz.project.modules import nearest_module
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Project:
    """A Django project's source tree.

    Attributes:
        root: the folder that is copied.
        folder: the one the project starts in: that of manage.py.
        name: the site's name, as in /etc/NAME.
        script: name of the executable.
        settings_module: the default settings module.
        import_roots: folders for sys.path, in order.
        last_import_roots: folders for the end of sys.path: those above the first one.
        manage_py: a manage.py that must be run because it does more than Django's; else None.
        manage_call: the function of the package to run instead, as "shop.cli:main"; else "".
        wsgi_module: the WSGI module; "" if there is none.
        asgi_module: the ASGI module; "" if there is none.
        variables: environment variables that manage.py and the WSGI module agree on.
        source: where its dependencies are listed.
        package: the folder to install as a package; None if the project is not one.
        notes: choices that were made, for the user.
        is_named: whether the name was given; else it is the folder's.
    """

    root: Path
    folder: Path
    name: str
    script: str
    settings_module: str
    import_roots: tuple[Path, ...]
    last_import_roots: tuple[Path, ...]
    manage_py: Path | None
    manage_call: str
    wsgi_module: str
    asgi_module: str
    variables: dict[str, str]
    source: Source
    package: Path | None
    notes: tuple[str, ...] = ()
    is_named: bool = False

    @property
    def all_import_roots(self) -> tuple[Path, ...]:
        """The project's folders on sys.path, in order."""
        return *self.import_roots, *self.last_import_roots


def find(root: Path, options: Options, environ: Mapping[str, str] = os.environ) -> Project:
    """Find a project on disk.

    Args:
        root: the folder with manage.py, or one above it.
        options: from the project or the command line.
        environ: the environment; DJANGO_SETTINGS_MODULE wins over manage.py.

    Raises:
        UserError: there is no project or more than one, or a part of it is missing.
    """
    root = root.resolve()
    if not root.is_dir():
        raise UserError(f"{root}: wanted a folder with a Django project, found no folder")
    given = options.settings_module or environ.get("DJANGO_SETTINGS_MODULE", "")
    start = entry_point.find(root, options, given)
    first, last = _import_roots(root, start, options)
    roots = (*first, *last)
    settings_module, notes = settings_choice.choose(root, start, roots, given, _provided(root, options))
    wsgi = nearest_module("wsgi", settings_module, roots)
    asgi = nearest_module("asgi", settings_module, roots)
    served = manage_py.read(wsgi.path) if wsgi else ManagePy()
    folders = tuple(dict.fromkeys([start.folder, *last]))
    name = options.name or _declared_name(folders)
    return Project(
        root=root,
        folder=start.folder,
        name=_checked(name or root.name),
        script=_checked(options.script, "--script") if options.script else _checked(name or root.name),
        settings_module=settings_module,
        import_roots=first,
        last_import_roots=last,
        manage_py=None if start.facts.is_plain or start.call else start.path,
        manage_call=start.call,
        wsgi_module=wsgi.name if wsgi else "",
        asgi_module=asgi.name if asgi else "",
        variables={name: text for name, text in start.facts.variables.items() if served.variables.get(name) == text},
        source=find_source(root, folders, options, environ),
        package=own_package.find(folders),
        notes=notes,
        is_named=bool(name),
    )


def _provided(root: Path, options: Options) -> set[str]:
    """The modules that the build configuration provides; errors in it are reported later."""
    parser = RawConfigParser(strict=False, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    with contextlib.suppress(OSError, UnicodeDecodeError, ParserError):
        if options.build_config:
            parser.read(root / options.build_config, encoding="utf-8")
    return set(parser["modules"]) if parser.has_section("modules") else set()


def _declared_name(folders: Sequence[Path]) -> str:
    """The project name in the nearest pyproject.toml; "" if there is none."""
    found = (Pyproject(folder / "pyproject.toml") for folder in folders)
    names = (one.project.get("name") or one.poetry.get("name") for one in found)
    return next((name for name in names if isinstance(name, str) and name), "")


def _checked(name: str, option: str = "--name") -> str:
    if not _NAME.fullmatch(name):
        raise UserError(
            f"the name {name!r}: wanted letters, digits, dots, dashes", hint=f"Give another one with {option}."
        )
    return name


def _import_roots(root: Path, start: EntryPoint, options: Options) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """The folders for sys.path and those for its end.

    Teams that run manage.py in a subfolder often import modules from above it, because the folder above is installed
    with `pip install -e`. At the end of sys.path it shadows nothing.
    """
    extra = [root / path for path in options.extra_paths]
    for path in extra:
        if not path.is_dir() or not path.resolve().is_relative_to(root):
            raise UserError(f"extra-paths: {path}: wanted a folder inside {root}")
    added = [*start.facts.first_paths, start.folder, *start.facts.last_paths]
    inside = [path for path in [*added, root / "src"] if path.is_dir() and path.is_relative_to(root)]
    first = tuple(dict.fromkeys([*inside, *extra]))
    above = [path for path in start.folder.parents if path.is_relative_to(root)]
    return first, tuple(path for path in above if path not in first)
