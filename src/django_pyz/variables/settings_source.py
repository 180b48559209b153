"""Finds the files of a project's settings: the settings module and what it imports from the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from django_pyz.project.modules import module_file, syntax_tree


class Module(NamedTuple):
    """A module that belongs to the settings.

    Attributes:
        name: its dotted name.
        path: its file.
        tree: its syntax tree.
        is_settings: whether it contains settings: the module itself, a star import, or a file included by path.
    """

    name: str
    path: Path
    tree: ast.Module
    is_settings: bool


def modules(settings_module: str, import_roots: Sequence[Path]) -> list[Module]:
    """The settings module and what it imports from the import roots, directly or not, in reading order.

    Files that are not Python, or cannot be read, are skipped.

    Args:
        settings_module: its dotted name.
        import_roots: the folders of the project's own modules.
    """
    found: dict[Path, Module] = {}
    waiting: list[tuple[str, Path | None, bool]] = [(settings_module, None, True)]
    while waiting:
        name, file, is_settings = waiting.pop(0)
        path = file or module_file(name, import_roots)
        if path is None or path in found or (tree := syntax_tree(path)) is None:
            continue
        found[path] = Module(name, path, tree, is_settings)
        waiting[:0] = [*((item, None, False) for item in _parents(name)), *_taken(found[path])]
    return list(found.values())


def _parents(name: str) -> list[str]:
    """The parent packages of a module: their code runs first."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _taken(module: Module) -> Iterator[tuple[str, Path | None, bool]]:
    """The imports of a module, and the files that it names by path."""
    package = module.name if module.path.name == "__init__.py" else module.name.rpartition(".")[0]
    for node in _run_at_import(module.tree):
        match node:
            case ast.Import(names=names):
                yield from ((item.name, None, False) for item in names)
            case ast.ImportFrom(names=names) if name := _absolute(node, package):
                yield name, None, module.is_settings and names[0].name == "*"
                yield from ((f"{name}.{item.name}", None, False) for item in names if item.name != "*")
            case ast.Constant() | ast.JoinedStr() if pattern := _pattern(node):
                for file in sorted(module.path.parent.glob(pattern)):
                    parts = file.relative_to(module.path.parent).with_suffix("").parts
                    yield ".".join(filter(None, [package, *parts])), file, module.is_settings


def _absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that a from-import names, with the dots resolved; "" if they lead out of the package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    if not package or node.level > len(parts):
        return node.module or "" if node.level == 1 else ""
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def _pattern(node: ast.Constant | ast.JoinedStr) -> str:
    """The file pattern in a text, as in `include("base.py", "parts/*.py")` and `exec`; else ""."""
    parts = node.values if isinstance(node, ast.JoinedStr) else [node]
    text = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in parts)
    return text if text.endswith(".py") and text.isprintable() and not text.startswith(("/", ".")) else ""


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a module outside functions, which run when it is imported."""
    # Without recursion: from Python 3.12 on, expressions can be deeper than its limit.
    waiting = list(reversed(list(ast.iter_child_nodes(node))))
    while waiting:
        child = waiting.pop()
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            waiting += [] if isinstance(child, ast.JoinedStr) else reversed(list(ast.iter_child_nodes(child)))
