"""Packages beside the project."""

from __future__ import annotations

from pathlib import Path

from django_pyz.dependencies.neighbours import copied
from tests.build.trees import write_tree


def test_a_folder_outside_the_project_is_copied(tmp_path: Path) -> None:
    write_tree(tmp_path, {"lib/setup.py": "", "lib/build/lib.py": "", "shop/inside/setup.py": ""})
    lines = [f"{tmp_path}/lib[fast] ; python_version > '3'", f"{tmp_path}/lib", f"{tmp_path}/shop/inside", "idna==3"]

    found = copied(lines, tmp_path / "shop", tmp_path / "copies")

    copy = Path(found[1])
    assert copy.is_relative_to(tmp_path / "copies")
    assert [path.name for path in copy.iterdir()] == ["setup.py"]
    assert found == [f"{copy}[fast] ; python_version > '3'", str(copy), f"{tmp_path}/shop/inside", "idna==3"]


def test_a_file_outside_the_project_is_taken_where_it_is(tmp_path: Path) -> None:
    write_tree(tmp_path, {"wheels/a.whl": ""})
    line = f"{tmp_path}/wheels/a.whl --hash=sha256:aa"

    assert copied([line], tmp_path / "shop", tmp_path / "copies") == [line]
