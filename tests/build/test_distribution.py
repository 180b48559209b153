"""The distribution: one wheel with both wings and the command."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a clean checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(checkout)]
    subprocess.run(command, check=True, capture_output=True)
    [found] = folder.iterdir()
    return found


def test_the_wheel_holds_every_file_of_both_wings_and_nothing_else(wheel: Path) -> None:
    source = CHECKOUT / "src"
    wings = [source / "django_pyz", source / "django_pyz_runtime"]
    files = {path.relative_to(source).as_posix() for wing in wings for path in wing.rglob("*.*") if path.is_file()}
    with zipfile.ZipFile(wheel) as archive:
        inside = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert inside == {name for name in files if "__pycache__" not in name}


def test_the_installed_command_works_from_any_folder(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    bin_folder = tmp_path / "venv" / "bin"
    subprocess.run([bin_folder / "pip", "install", "--quiet", str(wheel)], check=True, capture_output=True)
    done = subprocess.run([bin_folder / "django-pyz", "build"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "wanted a Django project, found no manage.py here or up to two folders below" in done.stderr
