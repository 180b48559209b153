"""Building on a Python that has nothing installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz import bootstrap
from tests.build.trees import write_tree

pytestmark = pytest.mark.slow

CHECKOUT = Path(bootstrap.__file__).resolve().parent.parent.parent


@pytest.fixture(scope="module")
def bare_python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Python without a single package."""
    folder = tmp_path_factory.mktemp("bare")
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", folder], check=True)
    return folder / "bin" / "python"


def _copy(folder: Path, dependencies: str) -> Path:
    """What build_pyz.py needs of a checkout, with other dependencies."""
    for name in ("django_pyz", "django_pyz_runtime"):
        shutil.copytree(CHECKOUT / "src" / name, folder / "src" / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(CHECKOUT / "build_pyz.py", folder)
    return write_tree(folder, {"pyproject.toml": f"[project]\ndependencies = {dependencies}\n"})


def _run(python: Path, checkout: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(python), "-I", str(checkout / "build_pyz.py"), "--help"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_it_installs_what_it_needs_once_and_goes_on(bare_python: Path, checkout: Path, tmp_path: Path) -> None:
    first = _run(bare_python, checkout, tmp_path)
    second = _run(bare_python, checkout, tmp_path)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stderr.startswith("build_pyz.py: installing shiv")
    assert second.stderr == ""
    assert first.stdout == second.stdout
    assert first.stdout.startswith("usage: build_pyz.py ")
    assert list(tmp_path.iterdir()) == []


def test_an_installation_that_fails_is_told_and_leaves_nothing(bare_python: Path, tmp_path: Path) -> None:
    checkout = _copy(tmp_path / "checkout", '["./no-such-folder"]')

    done = _run(bare_python, checkout, tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert "build_pyz.py: the environment could not be created" in done.stderr
    assert "Traceback" not in done.stderr
    assert [path.name for path in (checkout / ".build").iterdir()] == ["lock"]


def test_a_python_that_cannot_make_environments_is_told_with_the_command_that_helps(
    bare_python: Path, tmp_path: Path
) -> None:
    checkout = _copy(tmp_path / "checkout", '["shiv"]')
    # As Debian's Python is without the package python3-venv.
    code = "import runpy, sys; sys.modules['ensurepip'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"

    command = [str(bare_python), "-I", "-c", code, str(checkout / "build_pyz.py")]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"build_pyz.py: wanted a Python with venv and ensurepip, found {bare_python} without\n"
        "On Debian and Ubuntu: apt-get install python3-venv\n"
    )
    assert not (checkout / ".build").exists()
