"""The commands that a package declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.project.entry_point import console_scripts
from tests.build.trees import write_tree


@pytest.mark.parametrize(
    "files",
    [
        {"pyproject.toml": "[project.scripts]\nshop = 'shop.cli:main'\n"},
        {"pyproject.toml": "[tool.poetry.scripts]\nshop = 'shop.cli:main'\n"},
        {"setup.cfg": "[options.entry_points]\nconsole_scripts =\n    shop = shop.cli:main\n"},
        {"setup.py": "setup(entry_points={'console_scripts': ['shop = shop.cli:main [extra]']})"},
        {"setup.py": "setup(entry_points={'console_scripts': '''\n  shop=shop.cli:main\n'''})"},
    ],
)
def test_every_way_to_declare_them_is_read(tmp_path: Path, files: dict[str, str]) -> None:
    assert console_scripts(write_tree(tmp_path, files)) == {"shop": "shop.cli:main"}


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"setup.py": "setup(entry_points=find())"},
        {"setup.py": "not python"},
        {"setup.cfg": "[broken"},
        {"pyproject.toml": "[tool.poetry.scripts]\nshop = { reference = 'run.sh', type = 'file' }\n"},
    ],
)
def test_what_cannot_be_read_declares_none(tmp_path: Path, files: dict[str, str]) -> None:
    assert console_scripts(write_tree(tmp_path, files)) == {}
