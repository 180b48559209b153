"""Whose gunicorn a process imports: the project's, or in a process that serves the bundle's."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from django_pyz_runtime.activation.code_path import leave_server, use_code, use_server
from django_pyz_runtime.bundle.bundle import Bundle
from django_pyz_runtime.bundle.manifest import SERVER_FOLDER, Manifest
from tests.runtime.conftest import Python

SEES = """
import importlib, sys
from importlib import metadata
from pathlib import Path
from django_pyz_runtime.activation.code_path import leave_server, server_code, use_server

packages = Path(sys.argv[1])
sys.path.insert(0, str(packages))

def see():
    found = importlib.import_module("gunicorn.config")
    print(found.WHOSE, metadata.version("gunicorn"))
    return found

"""


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Packages with a gunicorn, and a folder in them with another one."""
    folder = tmp_path / "tree" / "site-packages"
    for place, whose, version in ((folder, "project", "20.1.0"), (folder / SERVER_FOLDER, "server", "27.0.1")):
        (place / "gunicorn").mkdir(parents=True)
        (place / "gunicorn" / "__init__.py").touch()
        (place / "gunicorn" / "config.py").write_text(f"WHOSE = {whose!r}\n")
        metadata = place / f"gunicorn-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: gunicorn\nVersion: {version}\n")
    return folder


def test_a_process_that_serves_has_the_server_s_until_it_leaves(packages: Path, python: Python) -> None:
    code = f"{SEES}use_server(packages)\nsee()\nleave_server(packages)\nsee()\n"
    assert python(code, str(packages)) == "server 27.0.1\nproject 20.1.0\n"


def test_what_is_asked_of_the_server_leaves_another_gunicorn_as_it_was(packages: Path, python: Python) -> None:
    code = f"""{SEES}
before, path = see(), list(sys.path)
with server_code(packages):
    see()
assert see() is before
assert sys.path == path
"""
    assert python(code, str(packages)) == "project 20.1.0\nserver 27.0.1\nproject 20.1.0\n"


def test_nor_does_it_end_the_serving(packages: Path, python: Python) -> None:
    code = (
        f"{SEES}use_server(packages)\nbefore = see()\nwith server_code(packages):\n    see()\nassert see() is before\n"
    )
    assert python(code, str(packages)) == 3 * "server 27.0.1\n"


def test_the_server_s_code_comes_before_the_project_s(
    packages: Path, manifest: Manifest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project may have a gunicorn.py, which another server was configured with."""
    manifest = manifest._replace(import_roots=("__project__/web",), last_import_roots=("__project__",))
    bundle = Bundle(Path("/x"), packages, "b", manifest)
    monkeypatch.setattr(sys, "path", ["/lib", str(packages)])
    monkeypatch.setattr(sys, "path_hooks", list(sys.path_hooks))
    use_server(packages)
    for _ in range(2):
        use_code(bundle, packages)
        roots = [str(packages / "__project__/web"), "/lib", str(packages), str(packages / "__project__")]
        assert sys.path == [str(packages / SERVER_FOLDER), *roots]
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    leave_server(packages)
    use_code(bundle, packages)
    assert sys.path == roots
