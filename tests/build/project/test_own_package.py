"""A project that is itself a package."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz.project import own_package
from django_pyz_runtime.errors import UserError
from tests.build.trees import read_tree, write_tree

BACKEND = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


@pytest.mark.parametrize(
    ("files", "is_installable"),
    [
        ({"setup.py": ""}, True),
        ({"pyproject.toml": BACKEND}, True),
        ({"pyproject.toml": "[project]\nname = 'shop'\n"}, False),
        ({"pyproject.toml": BACKEND + "[tool.poetry]\npackage-mode = false\n"}, False),
        ({"pyproject.toml": BACKEND + "[tool.uv]\npackage = false\n"}, False),
        ({"requirements.txt": ""}, False),
    ],
)
def test_a_package_is_known_by_its_build_backend(tmp_path: Path, files: dict[str, str], is_installable: bool) -> None:
    write_tree(tmp_path, files)

    assert own_package.find([tmp_path / "empty", tmp_path]) == (tmp_path if is_installable else None)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A virtual environment."""
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    return tmp_path / "venv"


@pytest.mark.slow
def test_what_only_an_installation_makes_ends_up_beside_the_source(tmp_path: Path, environment: Path) -> None:
    setup = """
from setuptools import setup
from setuptools.command.build_py import build_py

class Build(build_py):
    def run(self):
        super().run()
        with open(self.build_lib + "/shop/_version.py", "w") as file:
            file.write("version = '1.5'")

setup(name="shop", version="1.5", packages=["shop"], py_modules=["other"], package_dir={"": "src"},
      cmdclass={"build_py": Build}, entry_points={"console_scripts": ["shop = shop:main"]})
"""
    source = {
        "src/shop/__init__.py": "",
        "src/shop/kept_out.py": "",
        "src/other.py": "",
        "setup.py": setup,
        "pyproject.toml": BACKEND,
    }
    copy = write_tree(tmp_path / "shop", source)
    own_package.install(copy, environment / "bin" / "python")
    site_packages = next(environment.glob("lib/python*/site-packages"))
    (metadata,) = own_package.installed_from(copy, site_packages)
    root = write_tree(tmp_path / "staged", {"shop/__init__.py": "", "other.py": ""})

    moved = own_package.merge(metadata, [root], lambda path: path.name == "kept_out.py")

    assert moved == [root / "shop" / "_version.py"]

    assert sorted(name for name in read_tree(root) if "pycache" not in name) == [
        "other.py",
        "shop/__init__.py",
        "shop/_version.py",
    ]
    assert not (site_packages / "shop").exists()
    assert not (site_packages / "other.py").exists()
    assert (metadata / "entry_points.txt").is_file()


def test_what_belongs_to_no_import_root_stays_where_it_was_installed(tmp_path: Path) -> None:
    files = {"lib/a.py": "", "lib-1.dist-info/RECORD": "lib/a.py,,\nlib-1.dist-info/RECORD,,\n"}
    site_packages = write_tree(tmp_path / "site-packages", files)

    own_package.merge(
        site_packages / "lib-1.dist-info", [write_tree(tmp_path / "root", {"shop.py": ""})], lambda path: False
    )

    assert (site_packages / "lib" / "a.py").is_file()


@pytest.mark.slow
def test_a_package_that_cannot_be_built_is_an_error(tmp_path: Path, environment: Path) -> None:
    copy = write_tree(tmp_path / "shop", {"setup.py": "raise SystemExit('no compiler')", "pyproject.toml": BACKEND})

    with pytest.raises(UserError, match=r"(?s)^cannot install the project itself: .*no compiler"):
        own_package.install(copy, environment / "bin" / "python")
