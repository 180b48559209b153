"""uv and pip."""

from __future__ import annotations

import socket
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz.dependencies.installers import Environment, IndexSilent, installed_versions, installer
from django_pyz_runtime.errors import UserError
from tests.build.trees import write_program, write_tree
from tests.e2e.harness import path_without_uv


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


def _index(folder: Path, *versions: str) -> str:
    """The address of an index that has one package in some versions."""
    place = folder / "house-style"
    place.mkdir(parents=True)
    for version in versions:
        with zipfile.ZipFile(place / f"house_style-{version}-py3-none-any.whl", "w") as wheel:
            info = f"house_style-{version}.dist-info"
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: house-style\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{info}/RECORD", "")
    links = "".join(f'<a href="{wheel.name}">{wheel.name}</a>\n' for wheel in sorted(place.iterdir()))
    (place / "index.html").write_text(links)
    return folder.as_uri()


@pytest.mark.slow
def test_a_newer_package_of_that_name_on_the_public_index_does_not_replace_the_private_one(tmp_path: Path) -> None:
    public, private = _index(tmp_path / "public", "99.0"), _index(tmp_path / "private", "1.0")
    indexes = [f"--index-url {public}", f"--extra-index-url {private}"]
    environment = _environment(tmp_path / "venv")

    environment.install([*indexes, "house-style"], "install it")

    assert installed_versions(environment.site_packages) == {"house-style": "1.0"}


@pytest.mark.slow
@pytest.mark.parametrize("way", ["variable", "pyproject.toml"])
def test_the_way_to_another_index_that_a_failure_names_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    public, private = _index(tmp_path / "public", "2.0"), _index(tmp_path / "private", "1.0")
    lines = [f"--index-url {public}", f"--extra-index-url {private}", "house-style>=2"]
    environment = _environment(tmp_path / "venv")
    with pytest.raises(UserError) as caught:
        environment.install(lines, "install it")
    assert "UV_INDEX_STRATEGY=unsafe-best-match" in caught.value.hint
    assert 'index-strategy = "unsafe-best-match"' in caught.value.hint

    if way == "variable":
        monkeypatch.setenv("UV_INDEX_STRATEGY", "unsafe-best-match")
    else:
        (environment.base / "pyproject.toml").write_text('[tool.uv]\nindex-strategy = "unsafe-best-match"\n')
    environment.install(lines, "install it")

    assert installed_versions(environment.site_packages) == {"house-style": "2.0"}


@pytest.fixture
def silent_index() -> Iterator[str]:
    """The address of an index that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.slow
@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_an_index_that_does_not_answer_is_given_up_with_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_index: str, installer: str
) -> None:
    if installer == "pip":
        monkeypatch.setenv("PATH", path_without_uv())
    for name, text in {"UV_HTTP_TIMEOUT": "1", "UV_HTTP_RETRIES": "0", "PIP_DEFAULT_TIMEOUT": "1"}.items():
        monkeypatch.setenv(name, text)
    monkeypatch.setenv("PIP_RETRIES", "1")
    environment = _environment(tmp_path / "venv")
    line = f"--index-url {silent_index}/simple"

    with pytest.raises(IndexSilent, match=r"install it: the package index .*does not answer") as caught:
        environment.install([line, "house-style"], "install it")

    assert silent_index.removeprefix("http://") in caught.value.problem
    assert f"{installer.upper()}_" in caught.value.hint
