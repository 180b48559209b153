"""Chooses the settings module that the site is deployed with."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from django_pyz.project import manage_py
from django_pyz.project.entry_point import EntryPoint
from django_pyz.project.modules import is_skipped, module_file, nearest_module, settings_modules
from django_pyz_runtime.errors import UserError

_HINT = "Give --settings-module."
EXAMPLE = re.compile(r"example|sample|template|default|dist", re.IGNORECASE)
"""In the name of a file to copy and fill in."""


def choose(
    root: Path, start: EntryPoint, import_roots: Sequence[Path], given: str, provided: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """Choose the settings module.

    A server imports wsgi.py, or else asgi.py; if manage.py names other settings, those are for development.

    Args:
        root: the project.
        start: its entry point.
        import_roots: its folders on sys.path.
        given: the one given by the user; "" if none.
        provided: modules that the build configuration provides.

    Returns:
        The settings module, and notes for the user.

    Raises:
        UserError: there is none, there are several equally good ones, or the file is missing.
    """
    if given:
        _check_is_there(root, given, import_roots, provided)
        return given, ()
    candidates = _candidates(start, import_roots)
    servers, deployed = _deployed(candidates, import_roots)
    if not deployed or {module_file(module, import_roots) for module in candidates} <= set(deployed):
        if len(candidates) != 1:
            raise _not_one(root, start, candidates)
        _check_is_there(root, candidates[0], import_roots, provided)
        return candidates[0], ()
    others = f"{_shown(start.path, root)}: {' or '.join(candidates)}" if start.path and candidates else ""
    listed = [f"{', '.join(_shown(path, root) for path in servers)}: {' or '.join(deployed.values())}", others]
    if len(deployed) > 1:
        raise UserError(
            "wanted one settings module, found several:", *(f"  {item}" for item in listed if item), hint=_HINT
        )
    chosen = next(iter(deployed.values()))
    note = f"of two settings modules, the build uses the one for serving ({'; '.join(listed)})"
    return chosen, (note,) if others and start.facts.settings_modules else ()


def _candidates(start: EntryPoint, import_roots: Sequence[Path]) -> list[str]:
    """The settings modules that the project names, else those found; one name per file."""
    named = list(start.facts.settings_modules)
    if len(named) == 1:
        return named
    there = [module for module in named if module_file(module, import_roots)]
    if there:
        return _one_name_a_file(there, import_roots)
    found = settings_modules(import_roots)
    own = [module for module in found if _is_own(module_file(module, import_roots), start.folder)]
    return _one_name_a_file(own or found, import_roots)


def _is_own(file: Path | None, folder: Path) -> bool:
    """Whether a file is in a folder, but not in a subfolder with its own manage.py."""
    if not file or not file.is_relative_to(folder):
        return False
    between = [parent for parent in file.parents if parent != folder and parent.is_relative_to(folder)]
    return not any((parent / "manage.py").is_file() for parent in between)


def _one_name_a_file(modules: Iterable[str], import_roots: Sequence[Path]) -> list[str]:
    """One name per file: nested folders on sys.path give it several."""
    names: dict[Path | None, list[str]] = {}
    for module in modules:
        file = module_file(module, import_roots)
        names.setdefault(file and file.resolve(), []).append(module)
    return sorted(_own_name(file, found) for file, found in names.items())


def _own_name(file: Path | None, names: list[str]) -> str:
    """The name by which a settings file calls its own package, as in ROOT_URLCONF; else the shortest."""
    text = file.read_text(encoding="utf-8", errors="replace") if file else ""
    by_length = sorted(names, key=lambda name: (name.count("."), name))
    own = (name for name in reversed(by_length) if "." in name and f'"{_package(name)}.' in text.replace("'", '"'))
    return next(own, by_length[0])


def _package(module: str) -> str:
    return module.rpartition(".")[0]


def _deployed(candidates: list[str], import_roots: Sequence[Path]) -> tuple[list[Path], dict[Path | None, str]]:
    """The modules that a server imports, and the existing settings that they name, by file."""
    for name in ("wsgi", "asgi"):
        nearest = (nearest_module(name, module, import_roots) for module in candidates or [""])
        servers = sorted({found.path for found in nearest if found})
        named = (module for path in servers for module in manage_py.read(path).settings_modules)
        there = _one_name_a_file((module for module in named if module_file(module, import_roots)), import_roots)
        if there:
            return servers, {module_file(module, import_roots): module for module in there}
    return [], {}


def _shown(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()


def _check_is_there(root: Path, module: str, import_roots: Sequence[Path], provided: Collection[str]) -> None:
    if module not in provided and not module_file(module, import_roots):
        places = ", ".join(map(str, import_roots))
        hint = _way_to(root, module) or _from_example(root, module, import_roots) or _HINT
        raise UserError(f"the settings module {module!r}: found no such file in {places}", hint=hint)


def _way_to(root: Path, module: str) -> str:
    """The option that leads to a settings module in another folder; "" if there is none."""
    below = (folder for pattern in ("*", "*/*") for folder in sorted(root.glob(pattern)) if folder.is_dir())
    for folder in below:
        name = _shown(folder, root)
        if module_file(module, [folder]) and not is_skipped(Path(name, "x")):
            other = folder / "manage.py"
            way = ("--manage-py", f"{name}/manage.py") if other.is_file() else ("--extra-paths", name)
            return f"It is in {name}: give {shlex.join(way)}."
    return ""


def _from_example(root: Path, module: str, import_roots: Sequence[Path]) -> str:
    """How to provide settings that each installation makes from an example; "" if there is no example."""
    path = Path(*module.split("."))
    for folder in (import_root / path.parent for import_root in import_roots):
        for example in sorted(folder.glob(f"*{path.name}*")):
            if example.is_file() and EXAMPLE.search(example.name):
                target = _shown(folder / f"{path.name}.py", root)
                return (
                    f"{_shown(example, root)} looks like its example. Either give --build-config FILE, a settings.ini "
                    f"with `{module} = {example}` below [modules], where each installation will name its own; "
                    f"or copy it to {target} and give --include {shlex.quote(target)}."
                )
    return ""


def _not_one(root: Path, start: EntryPoint, candidates: list[str]) -> UserError:
    listed = "".join(f"\n  {module}" for module in candidates)
    if start.path:
        several = f"several:{listed}" if candidates else "none"
        return UserError(f"{start.path}: wanted one settings module named in it, found {several}", hint=_HINT)
    if candidates:
        return UserError(
            f"{root}: found no manage.py, and several modules that look like settings:{listed}", hint=_HINT
        )
    aside = next(
        (_shown(path, root) for path in sorted(root.glob("*/*/manage.py")) + sorted(root.glob("*/manage.py"))), ""
    )
    way = f"--manage-py {shlex.quote(aside)}, which lies among tests or documents" if aside else "--settings-module"
    return UserError(
        f"{root}: wanted a Django project, found no manage.py here or up to two folders below, no console script that "
        "names settings, and no module that looks like settings",
        hint=f"Name its folder, or give {way}.",
    )
