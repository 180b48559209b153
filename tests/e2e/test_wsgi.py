"""/etc/project/myproj.wsgi in WSGI servers that are not in the bundle: waitress, and a gunicorn of one's own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.harness import Machine, Server, wait_for_line


@pytest.fixture
def etc(migrated: Machine) -> Path:
    """A folder with the shipped file, its path changed, and the link for servers that want a name."""
    folder = migrated.folder / "etc"
    folder.mkdir()
    text = (CHECKOUT / "etc/project/myproj.wsgi").read_text()
    assert '"/usr/bin/project-script"' in text
    (folder / "myproj.wsgi").write_text(text.replace("/usr/bin/project-script", str(migrated.executable)))
    (folder / "myproj_wsgi.py").symlink_to("myproj.wsgi")
    return folder


@contextlib.contextmanager
def server_of_ones_own(machine: Machine, etc: Path, *command: str, listening: str) -> Iterator[Server]:
    """A server from outside the bundle, started in the folder with the WSGI file."""
    machine.executable, machine.elsewhere = Path(sys.executable), etc
    with machine.started("-m", *command) as server:
        server.url = wait_for_line(server, listening)
        yield server


WRITTEN_BEFORE = """\
import sys

EXECUTABLE = "{executable}"

sys.path.insert(0, EXECUTABLE)

from django_pyz_runtime.launcher import wsgi_application  # noqa: E402

application = wsgi_application(EXECUTABLE)
"""
"""What version 0.1 wrote. Such files stay on servers for years; no build may take the names away that they use."""


def check_pages(server: Server) -> None:
    assert "<html" in server.get("/").text
    assert server.get("/static/site.css").status == 200
    assert server.get("/-/ready").status == 200


def test_waitress_serves_it(migrated: Machine, etc: Path) -> None:
    command = ("waitress", "--listen=127.0.0.1:0", "myproj_wsgi:application")
    with server_of_ones_own(migrated, etc, *command, listening=r"Serving on (http://\S+)") as server:
        check_pages(server)


def test_a_gunicorn_outside_the_bundle_serves_it(migrated: Machine, etc: Path) -> None:
    command = ("gunicorn", "--bind=127.0.0.1:0", "--no-control-socket", "myproj_wsgi:application")
    with server_of_ones_own(migrated, etc, *command, listening=r"Listening at: (http://\S+)") as server:
        check_pages(server)


def test_a_file_that_the_first_version_wrote_goes_on_to_work(migrated: Machine, etc: Path) -> None:
    (etc / "before.py").write_text(WRITTEN_BEFORE.format(executable=migrated.executable))
    command = ("waitress", "--listen=127.0.0.1:0", "before:application")
    with server_of_ones_own(migrated, etc, *command, listening=r"Serving on (http://\S+)") as server:
        check_pages(server)


def test_a_server_that_loads_files_gets_the_application_by_path_and_needs_no_gunicorn(
    migrated: Machine, etc: Path
) -> None:
    code = (
        "import runpy, sys; sys.modules['gunicorn'] = None; print(callable(runpy.run_path(sys.argv[1])['application']))"
    )
    command = [sys.executable, "-c", code, str(etc / "myproj.wsgi")]
    done = subprocess.run(command, env=migrated.environment, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_a_broken_configuration_is_reported_by_the_server(migrated: Machine, etc: Path) -> None:
    path = migrated.configure("[serve]\nworkers = many\n")
    command = [sys.executable, str(etc / "myproj.wsgi")]
    done = subprocess.run(command, env=migrated.environment, capture_output=True, text=True)
    assert done.returncode == 1
    assert f"{path}:2: [serve] workers: wanted auto or a whole number from 1, found 'many'" in done.stderr
