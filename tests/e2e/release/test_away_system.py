"""A database that is away when systemd starts the site: PostgreSQL, really stopped, beside a booted Debian 12."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.release.stoppable import Stoppable, stoppable
from tests.e2e.systemd.booted import CAN_BOOT, SHARED, Booted, booted
from tests.e2e.systemd.booted_roots import root_file_system
from tests.waiting import wait_until

pytestmark = [CAN_BOOT, pytest.mark.needs("postgres")]
FILE = "/root/shop.pyz"
WAITS = "Status: \"waiting for the database: the database 'shop' (postgresql) does not answer"


@pytest.fixture
def database() -> Iterator[Stoppable]:
    """PostgreSQL, which does not run at first."""
    with stoppable() as made:
        yield made


@pytest.fixture
def machine(tea: tuple[Path, Path], database: Stoppable) -> Iterator[Booted]:
    """A machine on which the site is installed; the database is stopped."""
    with booted(root_file_system("bookworm"), database.folder) as made:
        shutil.copy(tea[0], made.path(FILE))
        with database.running():
            url = f"--set=settings.DATABASES.default={database.url(host=SHARED)}"
            made.succeed(FILE, "pyz", "install", "--system", url)
            assert page(made) == 200
            made.succeed("systemctl", "stop", "shop.service")
        yield made


def page(machine: Booted, path: str = "") -> int:
    return machine.status(f"http://127.0.0.1:8000/{path}")


def main_process(machine: Booted) -> str:
    return machine.succeed("systemctl", "show", "--property=MainPID,NRestarts", "shop.service")


def test_the_service_waits_says_so_and_comes_back_by_itself(machine: Booted, database: Stoppable) -> None:
    def status() -> str:
        return machine.run("systemctl", "status", "shop.service").stdout

    with ThreadPoolExecutor() as pool:
        start = pool.submit(machine.run, "systemctl", "start", "shop.service")
        wait_until(lambda: WAITS in status(), status)
        assert "Active: activating (start)" in status()
        before = main_process(machine)
        with database.running():
            assert start.result().returncode == 0, start.result().stderr
            assert page(machine) == 200
    # And while it serves: nothing but the readiness changes.
    assert page(machine, "-/ready") == 503
    with database.running():
        wait_until(lambda: page(machine, "-/ready") == 200, status)
        assert page(machine) == 200
    assert main_process(machine) == before
