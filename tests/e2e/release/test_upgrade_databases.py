"""Upgrades and rollbacks on each kind of database, while clients ask: nobody gets half an answer, or none."""

from __future__ import annotations

import contextlib
import json
import re
import shlex
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.e2e.database_servers import mariadb, postgresql
from tests.e2e.harness import Server
from tests.e2e.release.tea_shop import machine_with
from tests.e2e.release.test_pause import address, answer
from tests.e2e.release.upgrading import Installation
from tests.e2e.reload.load_client import load

PASSWORD = "of the shop"


@contextlib.contextmanager
def on_postgresql() -> Iterator[str]:
    with postgresql("shop", PASSWORD) as folder:
        yield f"DATABASES.default = postgres://shop@/shop\nDATABASES.default.HOST = {folder}\n" + (
            f"DATABASES.default.PASSWORD = {PASSWORD}"
        )


@contextlib.contextmanager
def on_mariadb() -> Iterator[str]:
    with mariadb("shop", PASSWORD) as socket:
        yield "DATABASES.default = mysql://shop@localhost/shop\n" + (
            f'DATABASES.default.PASSWORD = {PASSWORD}\nDATABASES.default.OPTIONS = {{"unix_socket": "{socket}"}}'
        )


KINDS: dict[str, Callable[[], AbstractContextManager[str]]] = {
    "sqlite": lambda: contextlib.nullcontext(""),
    "postgresql": on_postgresql,
    "mariadb": on_mariadb,
}
"""Each with a server, which gives the lines of [settings] for it."""


@pytest.fixture(
    params=[
        pytest.param("sqlite", marks=pytest.mark.long),
        pytest.param("postgresql", marks=pytest.mark.needs("postgres")),
        pytest.param("mariadb", marks=[pytest.mark.needs("mariadbd"), pytest.mark.long]),
    ]
)
def installed(
    request: pytest.FixtureRequest, tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path
) -> Iterator[Installation]:
    """The older release, installed, with its database, which is one of each kind."""
    with KINDS[request.param]() as settings:
        yield Installation(tmp_path, tea[0], shared_cache, settings)


@contextlib.contextmanager
def asked(server: Server, *, may_pause: bool = False) -> Iterator[None]:
    """Clients that ask all the time, six of them on connections that they keep, and get their answers."""
    with load(address(server), keep_alive=6, plain=1, may_pause=may_pause) as clients:
        clients.go_on(1)
        yield
        clients.go_on(1)
        assert clients.failures == [], f"{clients}\n{server.said}"
        assert bool(clients.paused) == may_pause


def test_there_and_back_again(tea: tuple[Path, Path], priced_tea: Path, installed: Installation) -> None:
    with installed.machine.serving("--workers", "2") as server:
        with asked(server):
            said = installed.succeed(tea[1], "upgrade")
            assert "\nmigrate: applied\n" in said
            assert answer(server) == "newer"
        with asked(server, may_pause=True):
            installed.succeed(priced_tea, "upgrade", "--pause")
            assert answer(server) == "priced"
        with asked(server, may_pause=True):
            refused = installed.refusal(installed.program, "rollback", "--migrate-back")
            assert "shop.0003_tea_price undone" in refused
            said = installed.follow("Pause the site for them: `(.*?)`", refused)
            assert "migrate back: shop.0003_tea_price undone\n" in said
            assert answer(server) == "newer"
        with asked(server, may_pause=True):
            refused = installed.refusal(priced_tea, "upgrade", "--pause", FAILS="yes")
            assert "nothing has changed" in refused
            assert answer(server) == "newer"
        status = installed.machine.succeed("pyz", "status")
        assert "\ndatabase default: fine\n" in status


@pytest.mark.needs("mariadbd")
def test_without_a_backup_a_migration_in_part_leaves_the_site_paused(
    tea: tuple[Path, Path], priced_tea: Path, tmp_path: Path, shared_cache: Path
) -> None:
    with on_mariadb() as settings:
        installed = Installation(tmp_path, tea[1], shared_cache, settings)
        with installed.machine.serving("--workers", "1") as server:
            refused = installed.refusal(priced_tea, "upgrade", "--pause", "--no-backup", FAILS="yes")
            assert "May be partly applied (this database cannot roll it back): shop.0003_tea_price" in refused
            assert "Requests get 503" in refused
            assert answer(server) == "503"
            assert "requests are answered with 503 until then" in installed.machine.run("pyz", "status").stdout
            [way_out] = re.findall("`(truncate .*?)`", refused)
            subprocess.run(shlex.split(way_out), check=True)
            assert answer(server) == "newer"


def test_status_of_a_database_that_does_not_answer_is_told_in_time(
    tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgres://shop@127.0.0.1:{silent.getsockname()[1]}/shop"
        site = machine_with(tmp_path / "site", tea[0], shared_cache, f"DATABASES.default = {url}")
        status = site.run("pyz", "status")
        assert "\ndatabases: away: no answer within 2 seconds\n" in status.stdout
        [found] = json.loads(site.run("pyz", "status", "--json").stdout)["databases"]
    assert (status.returncode, found["state"]) == (3, "away")
