"""Which files make up a project's settings: the settings module and what it imports from the project."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from django_pyz.project.modules import module_file


def modules(settings_module: str, import_roots: Sequence[Path]) -> list[tuple[str, Path]]:
    """The settings module and what it imports from the import roots, directly or not, in reading order.

    Files that are no Python, or cannot be read, are passed over.

    Args:
        settings_module: its dotted name.
        import_roots: the folders that the project's own modules are imported from.
    """
    found: dict[str, Path] = {}
    waiting: list[tuple[str, Path | None]] = [(settings_module, None)]
    while waiting:
        name, file = waiting.pop(0)
        path = file or module_file(name, import_roots)
        if name in found or path is None or (tree := parse(path)) is None:
            continue
        found[name] = path
        imported = [*_parents(name), *_imported(tree, package_of(name, path))]
        waiting[:0] = [*((item, None) for item in imported), *_included(tree, name, path)]
    return list(found.items())


def parse(path: Path) -> ast.Module | None:
    """The syntax tree of a file; None where it is no Python or cannot be read."""
    try:
        return ast.parse(path.read_bytes(), str(path))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def package_of(name: str, path: Path) -> str:
    """The package that relative imports in a module start from."""
    return name if path.name == "__init__.py" else name.rpartition(".")[0]


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that a from-import names, with the dots resolved; "" where they lead out of the package."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    if not package or node.level > len(parts):
        return node.module or "" if node.level == 1 else ""
    return ".".join([*parts[: len(parts) - node.level + 1], *([node.module] if node.module else [])])


def included_files(node: ast.AST, name: str, path: Path) -> Iterator[tuple[str, Path]]:
    """The files behind the patterns of an `include("base.py", "parts/*.py")`, as django-split-settings has it.

    They come with the dotted names that they would have as modules, even if these, as "settings.dist", are none.

    Args:
        node: any node; what is no such call gives nothing.
        name: of the module that the node stands in.
        path: of that module.
    """
    match node:
        case ast.Call(func=ast.Name(id="include") | ast.Attribute(attr="include"), args=arguments):
            package = package_of(name, path)
            for pattern in filter(None, map(_pattern, arguments)):
                for file in sorted(path.parent.glob(pattern)):
                    if file != path:
                        parts = file.relative_to(path.parent).with_suffix("").parts
                        yield ".".join([*filter(None, [package]), *parts]), file


def _pattern(node: ast.expr) -> str:
    """The file pattern that an argument of `include` stands for, relative to its folder; "" where it is none."""
    match node:
        case ast.Constant(value=str(text)):
            pattern = text
        case ast.JoinedStr(values=values):
            pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "*" for part in values)
        case ast.Call(func=ast.Name(id="optional"), args=[inner]):
            return _pattern(inner)
        case _:
            return ""
    return pattern if pattern.endswith(".py") and not pattern.startswith(("/", "..")) else ""


def _parents(name: str) -> list[str]:
    """The packages above a module: their code runs before its own."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    for node in _run_at_import(tree):
        match node:
            case ast.Import(names=names):
                yield from (item.name for item in names)
            case ast.ImportFrom(names=names) if module := absolute(node, package):
                yield module
                yield from (f"{module}.{item.name}" for item in names if item.name != "*")


def _included(tree: ast.Module, name: str, path: Path) -> Iterator[tuple[str, Path]]:
    for node in _run_at_import(tree):
        yield from included_files(node, name, path)


def _run_at_import(node: ast.AST) -> Iterator[ast.AST]:
    """The parts of a module, less what stands in functions: only the rest runs when it is imported."""
    # Not by recursion: from Python 3.12 on, expressions are read that are deeper than that goes.
    waiting = list(reversed(list(ast.iter_child_nodes(node))))
    while waiting:
        child = waiting.pop()
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            waiting += reversed(list(ast.iter_child_nodes(child)))
