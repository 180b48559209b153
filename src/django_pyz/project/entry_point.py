"""Finds how to start a project: its manage.py, else the console script of a package, else just its settings."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django_pyz.options import Options
from django_pyz.project import manage_py
from django_pyz.project.manage_py import ManagePy
from django_pyz.project.modules import is_skipped, module_file, syntax_tree
from django_pyz.toml_files import Pyproject
from django_pyz_runtime.errors import UserError


@dataclass(frozen=True)
class EntryPoint:
    """The entry point of a project.

    Attributes:
        folder: the first one on sys.path.
        path: the module that was read; None if there are only settings.
        call: the function of a console script, as "shop.cli:main"; "" for a manage.py.
        facts: read from the module.
    """

    folder: Path
    path: Path | None
    call: str
    facts: ManagePy


def find(root: Path, options: Options, settings_module: str = "") -> EntryPoint:
    """Find the entry point of a project.

    Args:
        root: the folder of manage.py, or one above it.
        options: `manage_py` names one.
        settings_module: the one given by the user; "" for none.

    Raises:
        UserError: there are several, or the named one is missing.
    """
    if path := _manage_py(root, options):
        return EntryPoint(path.parent, path, "", manage_py.read(path))
    source = root / "src" if (root / "src").is_dir() else root
    return _console_script(root, source, settings_module) or EntryPoint(source, None, "", ManagePy())


def _manage_py(root: Path, options: Options) -> Path | None:
    if options.manage_py:
        path = root / options.manage_py
        if not path.is_file() or not path.resolve().is_relative_to(root):
            raise UserError(f"manage-py: {path}: wanted a file inside {root}")
        return path
    for pattern in ("manage.py", "src/manage.py", "*/manage.py", "*/*/manage.py"):
        found = [path for path in sorted(root.glob(pattern)) if not is_skipped(path.relative_to(root))]
        found = [path for path in found if b"django" in path.read_bytes().lower()] if len(found) > 1 else found
        if len(found) == 1:
            return found[0]
        if found:
            listed = "".join(f"\n  {path.relative_to(root)}" for path in found)
            raise UserError(f"{root}: wanted one manage.py, found several:{listed}", hint="Name one with --manage-py.")
    return None


def _console_script(root: Path, source: Path, settings_module: str) -> EntryPoint | None:
    """The console script whose module names the settings; None if there is none, or it is unclear which one."""
    found: dict[str, EntryPoint] = {}
    for name, target in sorted(console_scripts(root).items()):
        module, _, function = target.partition(":")
        path = module_file(module, (source, root))
        if path and (facts := manage_py.read(path)).settings_modules:
            found[name] = EntryPoint(source, path, "" if facts.is_plain else f"{module}:{function}", facts)
    if _are_several(found) and settings_module:
        found = {name: entry for name, entry in found.items() if settings_module in entry.facts.settings_modules}
        # If that does not decide it, use Django's own commands with these settings.
        return None if _are_several(found) else next(iter(found.values()), None)
    if _are_several(found):
        listed = "".join(f"\n  {name}: {' or '.join(entry.facts.settings_modules)}" for name, entry in found.items())
        raise UserError(
            f"{root}: found no manage.py, and several console scripts that name settings:{listed}",
            hint="Give --settings-module.",
        )
    return next(iter(found.values()), None)


def _are_several(scripts: dict[str, EntryPoint]) -> bool:
    return len({entry.path for entry in scripts.values()}) > 1


def console_scripts(folder: Path) -> dict[str, str]:
    """The console scripts of a package, name to "module:function".

    pyproject.toml ([project.scripts], [tool.poetry.scripts]), setup.cfg and the literals of setup.py are read.

    Args:
        folder: with the files.

    Raises:
        UserError: pyproject.toml is not TOML.
    """
    pyproject = Pyproject(folder / "pyproject.toml")
    found = dict(_lines([*_setup_py(folder / "setup.py"), *_setup_cfg(folder / "setup.cfg")]))
    found |= {**pyproject.poetry.get("scripts", {}), **pyproject.project.get("scripts", {})}
    return {name: target for name, target in found.items() if isinstance(target, str) and ":" in target}


def _lines(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, equals, target = line.partition("=")
        if equals:
            yield name.strip(), target.split("[")[0].strip()


def _setup_cfg(path: Path) -> list[str]:
    parser = configparser.ConfigParser(interpolation=None)
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return []
    return parser.get("options.entry_points", "console_scripts", fallback="").splitlines()


def _setup_py(path: Path) -> list[str]:
    tree = syntax_tree(path) or ast.Module([], [])
    keywords = (node for node in ast.walk(tree) if isinstance(node, ast.keyword))
    value = next((word.value for word in keywords if word.arg == "entry_points"), ast.Constant(None))
    try:
        scripts = ast.literal_eval(value).get("console_scripts", [])
    except (ValueError, AttributeError):
        return []
    return [str(line) for line in (scripts.splitlines() if isinstance(scripts, str) else scripts)]
