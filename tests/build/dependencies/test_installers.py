"""uv and pip."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz.dependencies.installers import Environment, installed_versions, installer
from tests.build.trees import write_program, write_tree


@pytest.mark.slow
def test_uv_installs_where_it_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    uv = write_program(tmp_path, "uv")

    command = installer(Path("/venv/bin/python"))

    assert command[:3] == [str(uv), "pip", "install"]
    assert command[-2:] == ["--python", Path("/venv/bin/python")]


@pytest.mark.slow
def test_pip_installs_where_there_is_no_uv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    write_tree(tmp_path, {"pip.py": "raise SystemExit('a module of the project was imported')"})
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", "venv"], check=True)

    command = installer(tmp_path / "venv" / "bin" / "python")

    done = subprocess.run([*command, "--help"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "pip install" in done.stdout


def _environment(folder: Path) -> Environment:
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", folder], check=True)
    return Environment(folder, folder, "copy")


@pytest.mark.slow
def test_the_index_is_not_asked_for_versions_that_uv_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    lines = ["sqlparse==0.5.3"]
    _environment(tmp_path / "first").install_exactly(lines, "install it")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    second = _environment(tmp_path / "second")
    second.install_exactly(lines, "install it")

    assert installed_versions(second.site_packages) == {"sqlparse": "0.5.3"}
