"""One of several hosts migrates a database; the others wait for it."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests import programs
from tests.conftest import make_open_folder
from tests.e2e.database_servers import mariadb, postgresql
from tests.e2e.harness import Machine, running, wait_for_line
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


@pytest.fixture
def pooler(postgres: Path) -> Iterator[Path]:
    """The folder of the socket of pgbouncer, which gives each transaction another session; with a database pooled."""
    subprocess.run(["createdb", "-h", postgres, "-U", "shop", "pooled"], check=True)
    folder = make_open_folder()
    owner = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    shutil.chown(folder, owner)
    (folder / "users").write_text('"shop" ""\n')
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\npooled = host={postgres} dbname=pooled user=shop\n[pgbouncer]\npool_mode = transaction\n"
        f"listen_port = 5432\nunix_socket_dir = {folder}\nauth_type = trust\nauth_file = {folder}/users\n"
    )
    user = [f"--user={owner}"] if os.geteuid() == 0 else []
    command: list[str | Path] = [shutil.which("pgbouncer", path=programs.SEARCH) or "", *user, folder / "pgbouncer.ini"]
    try:
        with running(command, cwd=folder, env=os.environ) as server:
            wait_for_line(server, "process up")
            yield folder
    finally:
        shutil.rmtree(folder)


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


@pytest.mark.needs("postgres", "pgbouncer")
def test_a_pooler_that_gives_each_transaction_another_session_does_not_matter(
    tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, pooler: Path
) -> None:
    settings = on_postgresql(pooler).replace("/shop\n", "/pooled\n")
    migrate_at_once(hosts(2, tea, tmp_path, shared_cache, settings), tmp_path)
    # Nothing is left locked.
    [machine] = hosts(1, tea, tmp_path / "later", shared_cache, settings)
    assert WAITS not in machine.run("migrate").stderr


@pytest.mark.needs("postgres")
def test_where_there_is_no_lock_that_is_said_and_it_goes_on(
    tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, postgres: Path
) -> None:
    subprocess.run(["createdb", "-h", postgres, "-U", "shop", "bare"], check=True)
    revoke = (
        "CREATE ROLE plain LOGIN; GRANT ALL ON DATABASE bare TO plain; GRANT ALL ON SCHEMA public TO plain;"
        "REVOKE EXECUTE ON FUNCTION pg_try_advisory_xact_lock(bigint) FROM PUBLIC"
    )
    subprocess.run(["psql", "-h", postgres, "-U", "shop", "-qc", revoke, "bare"], check=True)
    settings = on_postgresql(postgres).replace("shop@/shop\n", "plain@/bare\n")
    [machine] = hosts(1, tea, tmp_path, shared_cache, settings)
    done = machine.run("migrate")
    assert done.returncode == 0
    assert "shop: migrating without a lock; let no other process migrate this database now: " in done.stderr
    assert "Applying shop.0001_initial... OK" in done.stdout


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
