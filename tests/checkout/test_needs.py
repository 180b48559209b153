"""Tests that need what a machine does not have are skipped and named, but fail in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

Run = Callable[..., subprocess.CompletedProcess[str]]
MODULE = """\
import pytest

@pytest.mark.needs("chromium")
def test_one(): pass

@pytest.mark.needs("chromium", "sassc")
def test_two(): pass

@pytest.mark.slow
def test_slow(): pass

def test_plain(): pass
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs tests on a machine without a browser and sassc."""
    (tmp_path / "test_needs.py").write_text(MODULE)
    (tmp_path / "bin").mkdir()

    def run(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "tests.conftest",
            "--config-file",
            str(CHECKOUT / "pyproject.toml"),
        ]
        kept = {name: value for name, value in os.environ.items() if name != "CI"}
        return subprocess.run(
            [*command, "-p", "no:cacheprovider", *options, tmp_path / "test_needs.py"],
            cwd=CHECKOUT,
            env={**kept, "PATH": str(tmp_path / "bin"), **environment},
            capture_output=True,
            text=True,
        )

    return run


def test_what_is_missing_is_named_with_the_number_of_tests_and_how_to_get_it(run: Run) -> None:
    done = run()
    assert done.returncode == 0, done.stdout
    assert "2 passed, 2 skipped" in done.stdout
    assert "\n2 tests skipped without chromium: on Debian and Ubuntu: apt-get install chromium\n" in done.stdout
    assert "\n1 test skipped without sassc: on Debian and Ubuntu: apt-get install sassc\n" in done.stdout


def test_in_ci_nothing_is_skipped_for_what_is_missing(run: Run) -> None:
    done = run(CI="true")
    assert done.returncode == 1
    assert "2 passed, 2 errors" in done.stdout
    assert "needs chromium, sassc" in done.stdout


def test_the_fast_ones_are_those_that_need_nothing(run: Run) -> None:
    done = run("--fast", CI="true")
    assert done.returncode == 0, done.stdout
    assert "1 passed, 3 deselected" in done.stdout
