"""A package from an index that asks for a password: installed, and nothing of the index or the builder in the file."""

from __future__ import annotations

import base64
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from django_pyz.files.paths import files_below
from tests.build.trees import SMALL_PROJECT, write_tree
from tests.e2e.harness import path_without_uv
from tests.unpacked import unpacked

PASSWORD = "pa55-of-the-index"
OF_THE_BUILD = "pa55-of-the-build"
THROW_AWAY = "only-for-this-build"
"""The secret key while the static files are collected (django_pyz.stage.staged_project)."""
SETTINGS = """\
import os, housestyle
SECRET_KEY = os.environ["SHOP_KEY"]
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["SHOP_URL"]}}
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "s/"
"""


class Index(SimpleHTTPRequestHandler):
    """Files for those who know the password (PEP 503)."""

    def do_GET(self) -> None:
        """Answer a request."""
        wanted = "Basic " + base64.b64encode(f"me:{PASSWORD}".encode()).decode()
        if self.headers["Authorization"] == wanted:
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="packages"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[str]:
    """The address of an index with one package, as one writes it with name and password."""
    folder = tmp_path / "index" / "simple" / "housestyle"
    folder.mkdir(parents=True)
    with zipfile.ZipFile(folder / "housestyle-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("housestyle.py", "COLOUR = 'blue'\n")
        wheel.writestr("housestyle-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: housestyle\nVersion: 1.0\n")
        wheel.writestr("housestyle-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("housestyle-1.0.dist-info/RECORD", "")
    (folder / "index.html").write_text('<a href="housestyle-1.0-py3-none-any.whl">housestyle</a>')
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Index, directory=str(tmp_path / "index"))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://me:{PASSWORD}@127.0.0.1:{server.server_port}/simple/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("installer", ["uv", pytest.param("pip", marks=pytest.mark.long)])
def test_the_package_is_in_the_file_and_the_password_is_not(
    checkout: Path, tmp_path: Path, index: str, installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if installer == "pip":
        monkeypatch.setenv("PATH", path_without_uv())
    requirements = f"--extra-index-url {index}\nDjango==5.2.19\nhousestyle\n"
    files = {"requirements.txt": requirements, "myproj/settings.py": SETTINGS}
    root = write_tree(tmp_path / "shop", {**SMALL_PROJECT, **files})
    output = tmp_path / "shop.pyz"

    (tmp_path / "home-of-the-builder").mkdir()
    builder = {
        "HOME": str(tmp_path / "home-of-the-builder"),
        "SHOP__SETTINGS__SECRET_KEY": OF_THE_BUILD,
        "SHOP__ENV__TOKEN": OF_THE_BUILD,
        "DEPLOY_TOKEN": OF_THE_BUILD,
    }
    command = [sys.executable, str(checkout / "build_pyz.py"), str(root), "--output", str(output)]
    command += ["--build-env", f"SHOP_KEY={OF_THE_BUILD}", "--build-env", f"SHOP_URL=redis://:{OF_THE_BUILD}@h/0"]
    command += ["--report", str(report := tmp_path / "report.json")]
    done = subprocess.run(command, env={**os.environ, **builder}, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr
    assert not [
        secret for secret in (PASSWORD, OF_THE_BUILD) if secret in done.stdout + done.stderr + report.read_text()
    ]
    facts = json.loads(report.read_text())
    assert {"name": "housestyle", "version": "1.0"} in facts["packages"]
    assert facts["left_out"]["requirements.txt"] == "names a package index with credentials"
    assert 0.5 < sum(facts["contents"].values()) / output.stat().st_size < 1
    assert "requirements.txt (names a package index with credentials)" in done.stdout
    tree = unpacked(output, tmp_path / "tree")
    contents = {name: (tree / name).read_bytes() for name in files_below(tree)} | dict(_members(output.read_bytes()))
    assert "site-packages/housestyle.py" in contents
    assert any(name.endswith(".bytecode") or "bytecode" in name for name in contents), "compiled code is looked at too"
    for hidden in (PASSWORD, OF_THE_BUILD, THROW_AWAY, "home-of-the-builder", str(tmp_path), str(checkout.parent)):
        assert [name for name, content in contents.items() if hidden.encode() in content] == [], hidden


def _members(archive: bytes) -> Iterator[tuple[str, bytes]]:
    """The files of an archive and of the archives in it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        for name in file.namelist():
            content = file.read(name)
            yield name, content
            if name.endswith((".pyz", ".zip")):
                yield from _members(content)
