"""The sample is a plain Django project with tests of its own, which a developer runs with manage.py."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT


@pytest.mark.smoke
def test_its_own_tests_pass(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("*.sqlite3", "media", "__pycache__")
    shutil.copytree(CHECKOUT / "src/project", tmp_path / "project", ignore=ignored)
    command = [sys.executable, "-W", "error", "manage.py", "test"]
    done = subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "\nOK\n" in done.stderr
