"""The channels project, built."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT


@pytest.fixture(scope="session")
def channels_bundle(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/projects/channels, built; it has PostgreSQL's driver."""
    folder = tmp_path_factory.mktemp("channels")
    project = CHECKOUT / "tests/projects/channels"
    shutil.copytree(project, folder / "channels", ignore=shutil.ignore_patterns("__pycache__"))
    output = folder / "channels.pyz"
    command = [sys.executable, str(checkout / "build_pyz.py"), str(folder / "channels"), "-o", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return output
