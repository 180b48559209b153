"""The sample is a plain Django project with tests of its own, which a developer runs with manage.py."""

from __future__ import annotations

import importlib.metadata
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

REQUIREMENTS = (CHECKOUT / "src/project/requirements.txt").read_text(encoding="utf-8").splitlines()
OWN_DJANGO = f"Django=={importlib.metadata.version('django')}"


@pytest.mark.skipif(OWN_DJANGO not in REQUIREMENTS, reason=f"the sample does not pin {OWN_DJANGO}")
@pytest.mark.smoke
def test_its_own_tests_pass(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("*.sqlite3", "media", "__pycache__")
    shutil.copytree(CHECKOUT / "src/project", tmp_path / "project", ignore=ignored)
    command = [sys.executable, "-W", "error", "manage.py", "test"]
    done = subprocess.run(command, cwd=tmp_path / "project", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "\nOK\n" in done.stderr
