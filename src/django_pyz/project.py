"""How a project looks on disk: found without importing any of it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django_pyz import manage_py
from django_pyz.errors import BuildError
from django_pyz.options import Options, read_toml

_SKIPPED = {"node_modules", "tests", "test", "docs", "site-packages"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Project:
    """A Django project's source tree.

    Attributes:
        root: the folder that is copied.
        manage_py: its manage.py.
        name: names /etc/NAME and the rest.
        script: name of the executable.
        settings_module: the default settings module.
        import_roots: folders for sys.path, the first one first.
        wsgi_module: the WSGI module beside the settings; "" where there is none.
        runs_manage_py: whether manage.py does more than Django's own and must be run.
        requirements: requirements files to install.
        dependencies: requirements given in pyproject.toml.
    """

    root: Path
    manage_py: Path
    name: str
    script: str
    settings_module: str
    import_roots: tuple[Path, ...]
    wsgi_module: str
    runs_manage_py: bool
    requirements: tuple[Path, ...]
    dependencies: tuple[str, ...]


def find(root: Path, options: Options, environ: Mapping[str, str] = os.environ) -> Project:
    """Look at a project.

    Args:
        root: the folder with manage.py, or one above it.
        options: what the project or the command line says.
        environ: the environment; DJANGO_SETTINGS_MODULE wins over manage.py.

    Raises:
        BuildError: there is no project, or more than one, or something it needs cannot be found.
    """
    root = root.resolve()
    if not root.is_dir():
        raise BuildError(f"{root}: wanted a folder with manage.py, found no folder")
    path = _find_manage_py(root)
    manage = manage_py.read(path)
    import_roots = _import_roots(root, path.parent, options)
    settings_module = options.settings_module or environ.get("DJANGO_SETTINGS_MODULE") or _only(manage, path)
    _check_settings_module(settings_module, import_roots)
    name = options.name or root.name
    script = options.script or name
    for word in (name, script):
        if not _NAME.fullmatch(word):
            raise BuildError(
                f"the name {word!r}: wanted letters, digits, dots, dashes", "Give another one with --name."
            )
    requirements, dependencies = _requirements(root, path.parent, options)
    return Project(
        root=root,
        manage_py=path,
        name=name,
        script=script,
        settings_module=settings_module,
        import_roots=import_roots,
        wsgi_module=_wsgi_module(settings_module, import_roots),
        runs_manage_py=not manage.is_plain,
        requirements=requirements,
        dependencies=dependencies,
    )


def _find_manage_py(root: Path) -> Path:
    for pattern in ("manage.py", "src/manage.py", "*/manage.py", "*/*/manage.py"):
        found = [path for path in sorted(root.glob(pattern)) if not _is_skipped(path.relative_to(root))]
        if len(found) == 1:
            return found[0]
        if found:
            listed = "".join(f"\n  {path.relative_to(root)}" for path in found)
            raise BuildError(f"{root}: wanted one manage.py, found several:{listed}", "Name the folder of one of them.")
    raise BuildError(f"{root}: wanted a manage.py here or one or two folders below, found none", "Name its folder.")


def _is_skipped(path: Path) -> bool:
    return any(part in _SKIPPED or part.startswith(".") for part in path.parts[:-1])


def _import_roots(root: Path, manage_folder: Path, options: Options) -> tuple[Path, ...]:
    extra = [root / path for path in options.extra_paths]
    for path in extra:
        if not path.is_dir() or not path.resolve().is_relative_to(root):
            raise BuildError(f"extra-paths: {path}: wanted a folder inside {root}")
    source = [root / "src"] if (root / "src").is_dir() else []
    return tuple(dict.fromkeys([manage_folder, *source, *extra]))


def _module_file(module: str, import_roots: tuple[Path, ...]) -> Path | None:
    for root in import_roots:
        path = root.joinpath(*module.split("."))
        for candidate in (path.with_name(path.name + ".py"), path / "__init__.py"):
            if candidate.is_file():
                return candidate
    return None


def _only(manage: manage_py.ManagePy, path: Path) -> str:
    """The one settings module that manage.py names."""
    if len(manage.settings_modules) == 1:
        return manage.settings_modules[0]
    found = f"several: {', '.join(manage.settings_modules)}" if manage.settings_modules else "no literal"
    raise BuildError(f"{path}: wanted DJANGO_SETTINGS_MODULE set in it, found {found}", "Give --settings-module.")


def _check_settings_module(module: str, import_roots: tuple[Path, ...]) -> None:
    if not _module_file(module, import_roots):
        places = ", ".join(map(str, import_roots))
        raise BuildError(f"the settings module {module!r}: found no such file in {places}", "Give --settings-module.")


def _wsgi_module(settings_module: str, import_roots: tuple[Path, ...]) -> str:
    """The module named wsgi in the settings' package, or one above."""
    package = settings_module
    while package:
        package = package.rpartition(".")[0]
        module = f"{package}.wsgi".lstrip(".")
        if _module_file(module, import_roots):
            return module
    return ""


def _requirements(root: Path, manage_folder: Path, options: Options) -> tuple[tuple[Path, ...], tuple[str, ...]]:
    """The requirements files and dependencies: as told, else requirements.txt, else those in pyproject.toml."""
    if options.requirements:
        given = tuple(root / path for path in options.requirements)
        for path in given:
            if not path.is_file():
                raise BuildError(f"requirements: {path}: found no such file")
        return given, ()
    for folder in dict.fromkeys([manage_folder, root]):
        if (folder / "requirements.txt").is_file():
            return (folder / "requirements.txt",), ()
    for folder in dict.fromkeys([manage_folder, root]):
        if dependencies := _pyproject_dependencies(folder / "pyproject.toml"):
            return (), dependencies
    raise BuildError(
        f"{root}: wanted requirements.txt, or dependencies in pyproject.toml, found neither",
        "Give --requirements FILE.",
    )


def _pyproject_dependencies(path: Path) -> tuple[str, ...]:
    return tuple(read_toml(path).get("project", {}).get("dependencies", ()))
