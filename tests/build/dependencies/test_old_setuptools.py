"""What needs the setuptools that old virtual environments had."""

from __future__ import annotations

from pathlib import Path

import pytest

from django_pyz.dependencies import old_setuptools
from tests.build.trees import write_tree


@pytest.mark.parametrize(
    "text",
    [
        "import os\nimport pkg_resources\n",
        "from pkg_resources import resource_filename\n",
        "__import__('pkg_resources').declare_namespace(__name__)\n",
    ],
)
def test_an_import_of_pkg_resources_needs_it(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"package/__init__.py": text})

    assert old_setuptools.is_needed((tmp_path,), "3.11")


@pytest.mark.parametrize(
    "text",
    [
        "try:\n    import pkg_resources\nexcept ImportError:\n    pass\n",
        "import pkg_resources_x\n",
        "# import pkg_resources\n",
    ],
)
def test_an_import_that_is_not_always_made_does_not(tmp_path: Path, text: str) -> None:
    write_tree(tmp_path, {"package/__init__.py": text})

    assert not old_setuptools.is_needed((tmp_path,), "3.13")


@pytest.mark.parametrize("path", ["node_modules/a.py", ".venv/a.py", "setuptools/a.py", "setup.py"])
def test_files_that_the_site_does_not_import_do_not_count(tmp_path: Path, path: str) -> None:
    write_tree(tmp_path, {path: "import pkg_resources\n"})

    assert not old_setuptools.is_needed((tmp_path,), "3.13")


def test_distutils_needs_it_where_python_has_none(tmp_path: Path) -> None:
    write_tree(tmp_path, {"a.py": "from distutils.version import LooseVersion\n"})

    assert old_setuptools.is_needed((tmp_path,), "3.12")
    assert not old_setuptools.is_needed((tmp_path,), "3.11")
