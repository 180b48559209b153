"""The commands that a package declares, read from its metadata's sources."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from pathlib import Path

from django_pyz.project.modules import syntax_tree
from django_pyz.toml_files import Pyproject


def declared(folder: Path) -> dict[str, str]:
    """The console scripts of a package, name to "module:function".

    pyproject.toml ([project.scripts], [tool.poetry.scripts]), setup.cfg and the literals of setup.py are read.

    Args:
        folder: with the files.

    Raises:
        UserError: pyproject.toml is no TOML.
    """
    pyproject = Pyproject.load(folder / "pyproject.toml")
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
