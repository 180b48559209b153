"""What the tests share: a copy of this checkout as a git repository, and the sample built from it, once a session."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the module that takes longest come first, so that it runs beside all others."""
    items.sort(key=lambda item: item.path.name != "test_corpus.py")


@pytest.fixture(scope="session")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit that holds this checkout as it is now, changes included."""
    copy = tmp_path_factory.mktemp("checkout") / "django-pyz"
    listed = _git(CHECKOUT, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, copy / name)
    _git(copy, "init", "--quiet")
    _git(copy, "add", "--all")
    _git(copy, "-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=Copy")
    return copy


@pytest.fixture(scope="session")
def sample_bundle(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample project as one executable file, built by build_pyz.py as a user would."""
    output = tmp_path_factory.mktemp("sample") / "project-script"
    command = [sys.executable, str(checkout / "build_pyz.py"), "--output", str(output)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "DJANGO"))}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter, unlike tmp_path."""
    folder = Path(tempfile.mkdtemp()).resolve()
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def _git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout
