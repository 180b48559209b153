"""Bytecode made at build time."""

from __future__ import annotations

import importlib.util
import marshal
import os
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from django_pyz import bytecode, dependencies
from tests.build.trees import read_tree, write_tree

SOURCES = {
    "shop/__init__.py": "NAMES = {'a', 'b', 'c', 'd'}\n",
    "shop/models.py": "def find(name):\n    return name in {'x', 'y', 'z'}\n\n\nclass Model:\n    pass\n",
    "single.py": "print('hello')\n",
}


def _compile(root: Path) -> dict[str, bytes]:
    compiled = bytecode.compile_tree(dependencies.find_python(""), root)
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in compiled}


def _code_objects(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _code_objects(constant)


def test_every_module_gets_bytecode_where_python_looks_for_it(tmp_path: Path) -> None:
    root = write_tree(tmp_path, SOURCES)

    assert sorted(_compile(root)) == sorted(Path(importlib.util.cache_from_source(name)).as_posix() for name in SOURCES)


def test_it_is_never_checked_against_its_source(tmp_path: Path) -> None:
    """PEP 552: the second word is 1 for hash-based bytecode, plus 2 where the source is checked."""
    for content in _compile(write_tree(tmp_path, SOURCES)).values():
        assert content[:4] == importlib.util.MAGIC_NUMBER
        assert int.from_bytes(content[4:8], "little") == 1


def test_it_names_files_without_the_folder_of_the_build(tmp_path: Path) -> None:
    names = set()
    for content in _compile(write_tree(tmp_path, SOURCES)).values():
        assert os.fsencode(tmp_path) not in content
        names |= {code.co_filename for code in _code_objects(marshal.loads(content[16:]))}

    assert names == set(SOURCES)


def test_the_bytes_depend_on_the_sources_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _compile(write_tree(tmp_path / "first", SOURCES))
    second = write_tree(tmp_path / "elsewhere" / "second", dict(reversed(SOURCES.items())))
    for path in second.rglob("*.py"):
        os.utime(path, (1, 1))
    monkeypatch.setenv("PYTHONHASHSEED", "123")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    assert _compile(second) == first


def test_bytecode_that_was_there_is_replaced(tmp_path: Path) -> None:
    first = _compile(write_tree(tmp_path, SOURCES))
    write_tree(tmp_path, dict.fromkeys(first, "old"))

    assert _compile(tmp_path) == first


def test_a_file_that_is_no_python_gets_none_and_stops_nothing(tmp_path: Path) -> None:
    root = write_tree(tmp_path, {**SOURCES, "template/app.py": "{{ name }} = {% if %}\n"})

    assert len(_compile(root)) == len(SOURCES)


def test_a_module_in_the_current_folder_is_not_taken_for_the_standard_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tree(tmp_path / "shop", {"compileall.py": "raise SystemExit('a module of the project was imported')"})
    monkeypatch.chdir(tmp_path / "shop")

    assert len(_compile(write_tree(tmp_path / "tree", SOURCES))) == len(SOURCES)


def test_the_sources_stay_as_they_are(tmp_path: Path) -> None:
    _compile(write_tree(tmp_path, SOURCES))

    found = {name: content.decode() for name, content in read_tree(tmp_path).items() if name.endswith(".py")}
    assert found == SOURCES
