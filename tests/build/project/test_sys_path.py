"""Folders for sys.path, worked out from the syntax tree."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from django_pyz.project.sys_path import import_paths

MANAGE_PY = Path("/srv/shop/web/manage.py")


def _paths(source: str) -> tuple[list[str], list[str]]:
    front, back = import_paths(ast.parse(source), MANAGE_PY)
    return [str(path) for path in front], [str(path) for path in back]


@pytest.mark.parametrize(
    "expression",
    [
        "os.path.join(os.path.dirname(__file__), 'apps')",
        "os.path.join(os.path.dirname(os.path.abspath(__file__)), 'apps')",
        "join(dirname(abspath(__file__)), 'apps')",
        "os.path.dirname(os.path.realpath(__file__)) + '/apps'",
        "str(Path(__file__).resolve().parent / 'apps')",
        "str(pathlib.Path(__file__).parent.joinpath('apps'))",
        "Path(__file__).absolute().parents[0] / 'apps'",
        "os.path.join(os.path.dirname(__file__), os.pardir, 'web', 'apps')",
        "f'{os.path.dirname(__file__)}/apps'",
        "os.path.join(os.getcwd(), 'apps')",
        "'apps'",
    ],
)
def test_an_expression_of_the_file_itself_is_worked_out(expression: str) -> None:
    assert _paths(f"sys.path.insert(0, {expression})") == (["/srv/shop/web/apps"], [])


def test_names_are_followed_into_functions() -> None:
    source = """
import os, sys
BASE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

def main():
    lib = os.path.join(BASE, "lib")
    sys.path.append(lib)
    sys.path.insert(0, BASE)
"""
    assert _paths(source) == (["/srv/shop"], ["/srv/shop/lib"])


def test_the_one_inserted_last_stands_first() -> None:
    assert _paths("sys.path.insert(0, 'a')\nsys.path.insert(0, 'b')")[0] == ["/srv/shop/web/b", "/srv/shop/web/a"]


@pytest.mark.parametrize(
    ("source", "front", "back"),
    [
        ("sys.path = ['a', 'b'] + sys.path", ["a", "b"], []),
        ("sys.path = sys.path + ['a']", [], ["a"]),
        ("sys.path[0:0] = ['a', 'b']", ["a", "b"], []),
        ("sys.path.extend(['a', 'b'])", [], ["a", "b"]),
        ("for name in ('a', 'b'):\n    sys.path.append(os.path.join(os.path.dirname(__file__), name))", [], ["a", "b"]),
        ("import site\nsite.addsitedir('a')", [], ["a"]),
    ],
)
def test_every_way_to_add_a_folder_is_known(source: str, front: list[str], back: list[str]) -> None:
    assert _paths(source) == ([f"/srv/shop/web/{name}" for name in front], [f"/srv/shop/web/{name}" for name in back])


@pytest.mark.parametrize(
    "source",
    [
        "sys.path.append(os.environ['LIB'])",
        "sys.path.append(find_library())",
        "path = input()\nsys.path.append(path)",
        "BASE = 'x'\nBASE = compute()\nsys.path.append(BASE)",
        "sys.path.append(Path(__file__).parents[99])",
        "sys.path.append(1 + 'x')",
        "sys.path.append(3)",
        "names.append('apps')",
    ],
)
def test_what_cannot_be_worked_out_is_passed_over(source: str) -> None:
    assert _paths(source) == ([], [])
