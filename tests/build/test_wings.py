"""The two wings: what import-linter's contracts in pyproject.toml do not say."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import django_pyz
import django_pyz_runtime
from django_pyz.files.paths import files_below
from django_pyz.pack.head import LAUNCHER_FILES
from django_pyz_runtime.boot.tree_search import FOLDERS
from tests.unpacked import unpacked

BUILD_WING = Path(django_pyz.__file__).parent
RUN_WING = Path(django_pyz_runtime.__file__).parent
AFTER_THE_HAND_OVER = {
    ("django_pyz_runtime/boot/launcher.py", "django_pyz_runtime.main"),
    ("django_pyz_runtime/boot/launcher.py", "django_pyz_runtime.wsgi"),
}
"""What the launcher imports when the unpacked tree is on sys.path."""


def _imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, on the top level or deeper, with what it may import from packages of ours."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield module
                if module in ("django_pyz", "django_pyz_runtime"):
                    yield from (f"{module}.{name.name}" for name in names)
            case ast.ImportFrom():
                yield f"relative import in {path}"


def _packages(path: Path) -> set[str]:
    return {module.partition(".")[0] for module in _imports(path)}


def test_the_bootstrap_needs_only_the_standard_library() -> None:
    assert _packages(BUILD_WING / "bootstrap.py") - set(sys.stdlib_module_names) == {"django_pyz"}


@pytest.mark.parametrize("path", LAUNCHER_FILES)
def test_a_launcher_module_imports_only_the_standard_library_and_its_like(path: str) -> None:
    known = {file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in LAUNCHER_FILES}
    foreign = {
        module
        for module in _imports(RUN_WING.parent / path)
        if module not in known
        and module.partition(".")[0] not in {*sys.stdlib_module_names, "_typeshed"}
        and module.rpartition(".")[0] not in known
    }

    assert {(path, module) for module in foreign} <= AFTER_THE_HAND_OVER


def test_the_launcher_modules_can_be_imported_from_the_file_alone(sample_bundle: Path) -> None:
    names = [path.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for path in LAUNCHER_FILES]
    # Importing start is starting.
    modules = ", ".join(name for name in names if name != "django_pyz_runtime.boot.start")
    program = f"import sys; sys.path.insert(0, sys.argv[1]); import {modules}; print(django_pyz_runtime.__file__)"
    command = [sys.executable, "-I", "-S", "-c", program, str(sample_bundle)]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.stderr == ""
    assert done.stdout == f"{sample_bundle}/django_pyz_runtime/__init__.py\n"


def test_a_bundle_holds_the_whole_run_wing_and_no_file_of_the_build_wing(
    sample_bundle: Path, checkout: Path, tmp_path: Path
) -> None:
    site_packages = unpacked(sample_bundle, tmp_path / "tree") / "site-packages"
    source = checkout / "src"
    expected = {
        path.relative_to(source).as_posix(): path.read_bytes()
        for path in source.glob("django_pyz_runtime/**/*")
        if path.is_file() and path.suffix != ".pyc"
    }
    names = files_below(site_packages)
    content = {name: (site_packages / name).read_bytes() for name in names if name.startswith("django_pyz_runtime/")}
    assert content == expected
    assert [name for name in names if name.startswith("django_pyz/") or "/django_pyz/" in name] == []


def test_the_launcher_knows_all_folders_of_the_run_wing() -> None:
    assert sorted(FOLDERS) == sorted(path.parent.name for path in RUN_WING.glob("*/__init__.py"))
