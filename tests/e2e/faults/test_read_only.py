"""A machine on which nothing can be written but the data folder, or not even that: no /tmp, no /dev/shm."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server, request, running, wait_for_line
from tests.e2e.reload.releases import page, style
from tests.waiting import DEADLINE_SECONDS, wait_until

pytestmark = pytest.mark.needs("unshare", "root")

READ_ONLY = """
set -e
mount --make-rprivate /
again() {
    if [ -d "$1" ]; then mount --bind "$1" "$1"; mount -o "remount,bind,$2" "$1"; fi
}
for folder in $(awk '$2 !~ "^/(proc|sys|dev/pts|dev/mqueue)(/|$)" && $2 != "/dev" { print $2 }' /proc/mounts); do
    again "$folder" ro
done
again /tmp ro
again /var/tmp ro
again "$WRITABLE" rw
for folder in / /tmp /var/tmp /dev/shm; do
    if touch $folder/probe 2>&-; then exit 99; fi
done
exec "$@"
"""
"""Mounts all file systems read-only for one command, and a folder in them writable again."""


@pytest.fixture(params=["data-can-be-written", "nothing-can"])
def writable(request: pytest.FixtureRequest, released: Machine) -> str:
    """The folder that can be written, or "". The code is there already, and so is the secret key."""
    released.configure("[serve]\nworkers = 2\n[settings]\nSECRET_KEY = of-this-machine-and-long-enough-0123456789\n")
    released.data.mkdir()
    released.succeed("check")
    return str(released.data) if request.param == "data-can-be-written" else ""


@contextlib.contextmanager
def serving(machine: Machine, writable: str, *arguments: str) -> Iterator[Server]:
    command = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(machine.executable), "runserve", *arguments]
    environment = {**machine.environment, "WRITABLE": writable, "PYTHONUNBUFFERED": "1"}
    with running([*command, "--bind", "127.0.0.1:0"], cwd=machine.elsewhere, env=environment) as server:
        server.url = wait_for_line(server, r"Listening at: (http://\S+)")
        yield server


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_it_serves_and_reloads(interface: str, writable: str, released: Machine) -> None:
    with serving(released, writable, "--set", f"serve.interface={interface}") as server:
        assert page(server) == "first hello"
        assert server.get(style(server)).status == 200
        before = server.get("/").text.split()[-1]
        server.process.send_signal(signal.SIGHUP)
        wait_for_line(server, "Reloading: the test passed; handing over")
        wait_for_line(server, r"The new workers are serving")
        wait_until(lambda: server.get("/").text.split()[-1] != before, lambda: server.said)
        assert server.stop() == 0
        assert "Traceback" not in server.said


def test_an_upload_is_kept_with_the_data_meanwhile(released: Machine, writable: str) -> None:
    with serving(released, writable) as server:
        answer = request(server.url, "POST", body=b"x" * (8 << 20))
        assert answer.status == (200 if writable else 503)
        if not writable:
            wait_for_line(server, "A request cannot be stored: ")
        assert page(server) == "first hello"
        assert "Traceback" not in server.said
        assert {path.name for path in Path(released.data).iterdir()} <= {"run"}


def test_a_first_start_says_where_it_has_looked(released: Machine) -> None:
    released.environment["CACHE_DIRECTORY"] = str(released.folder / "none")
    command = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh", str(released.executable), "check"]
    with running(command, cwd=released.elsewhere, env=released.environment) as done:
        assert done.process.wait(DEADLINE_SECONDS) == 2
        wait_for_line(done, "there is no temporary folder that can be written")
        wait_for_line(done, r"set \[project\] cache_dir")
    assert "Traceback" not in done.said
