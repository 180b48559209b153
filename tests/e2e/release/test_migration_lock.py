"""One of several hosts migrates a database; the others wait for it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.database_servers import mariadb, postgresql
from tests.e2e.harness import Machine, wait_for_line
from tests.e2e.release.tea_shop import machine_with
from tests.waiting import held_up_at

WAITS = "waiting for another process that migrates this database"


@pytest.fixture(scope="module")
def postgres() -> Iterator[Path]:
    """The folder of the socket of PostgreSQL with a database shop."""
    with postgresql("shop") as folder:
        yield folder


@pytest.fixture(scope="module")
def maria() -> Iterator[Path]:
    """The socket of MariaDB with a database shop."""
    with mariadb("shop", "secret") as socket:
        yield socket


def on_postgresql(folder: Path) -> str:
    return f"DATABASES.default = postgres://shop@/shop\nDATABASES.default.HOST = {folder}"


def on_mariadb(socket: Path) -> str:
    return (
        "DATABASES.default = mysql://shop:secret@localhost/shop\n"
        f'DATABASES.default.OPTIONS = {{"unix_socket": "{socket}"}}'
    )


def hosts(number: int, tea: tuple[Path, Path], folder: Path, cache: Path, settings: str) -> list[Machine]:
    """Hosts with the older release, each with its own home and data, on one database."""
    return [machine_with(folder / f"host{one}", tea[0], cache, settings) for one in range(number)]


def migrate_at_once(machines: list[Machine], folder: Path) -> None:
    """Start a server on each, which migrates first; while one is held up, all others wait, and then all serve."""
    gate = folder / "gate"
    os.mkfifo(gate)
    with ExitStack() as stack:
        started = [
            stack.enter_context(
                machine.started("runserve", "--bind", "127.0.0.1:0", "--migrate", "--workers", "1", GATE=str(gate))
            )
            for machine in machines
        ]
        with held_up_at(gate):
            while sum(WAITS in server.said for server in started) < len(started) - 1:
                assert not any(server.is_silent for server in started), [server.said for server in started]
                with started[0].news:
                    started[0].news.wait(0.1)
        for server in started:
            server.url = wait_for_line(server, r"Listening at: (http://\S+)")
            assert server.get("/").text.startswith("older 0 ")
            assert server.get("/-/ready").status == 200
    said = "".join(server.said for server in started)
    assert said.count("Applying shop.0001_initial... OK") == 1, said
    assert "Traceback" not in said
    assert len(re.findall(f"shop: {WAITS}\\.\n", said)) == len(machines) - 1


@pytest.mark.needs("postgres")
def test_of_five_hosts_on_postgresql_one_migrates(
    tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, postgres: Path
) -> None:
    migrate_at_once(hosts(5, tea, tmp_path, shared_cache, on_postgresql(postgres)), tmp_path)


@pytest.mark.needs("mariadbd")
def test_of_three_hosts_on_mariadb_one_migrates(
    tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, maria: Path
) -> None:
    migrate_at_once(hosts(3, tea, tmp_path, shared_cache, on_mariadb(maria)), tmp_path)


def test_of_two_processes_on_sqlite_one_migrates(tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path) -> None:
    machines = hosts(2, tea, tmp_path, shared_cache, "")
    for machine in machines:
        machine.environment["STATE_DIRECTORY"] = str(tmp_path / "data")
    migrate_at_once(machines, tmp_path)
    assert list((tmp_path / "data").glob("*.migrating")) == []


@pytest.mark.needs("postgres")
def test_commands_that_only_look_do_not_wait(
    tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, postgres: Path
) -> None:
    subprocess.run(["createdb", "-h", postgres, "-U", "shop", "look"], check=True)
    [machine] = hosts(1, tea, tmp_path, shared_cache, on_postgresql(postgres).replace("/shop\n", "/look\n"))
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    with machine.started("migrate", GATE=str(gate)) as first:
        with held_up_at(gate):
            assert "shop.0001_initial" in machine.succeed("migrate", "--plan")
            assert machine.run("migrate", "--check").returncode == 1
            with machine.started("migrate") as second:
                wait_for_line(second, WAITS)
                # Ctrl-C and SIGTERM end it.
                second.process.terminate()
                assert second.process.wait(60) == -15
        wait_for_line(first, "Applying shop.0001_initial... OK")
