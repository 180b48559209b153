"""Upgrades and rollbacks on each kind of database, while clients ask: nobody gets half an answer, or none."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.e2e.database_servers import mariadb, postgresql
from tests.e2e.harness import Server
from tests.e2e.release.test_pause import address, answer
from tests.e2e.release.upgrading import Installation
from tests.e2e.reload.load_client import load
from tests.waiting import DEADLINE_SECONDS

PASSWORD = "of the shop"


class Kind(NamedTuple):
    """A kind of database.

    Attributes:
        serve: a server until the end of the block, with the lines of [settings] for it.
        takes_back: whether a migration that fails is taken back by the database.
    """

    serve: Callable[[], AbstractContextManager[str]]
    takes_back: bool


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


KINDS = {
    "sqlite": Kind(lambda: contextlib.nullcontext(""), takes_back=True),
    "postgresql": Kind(on_postgresql, takes_back=True),
    "mariadb": Kind(on_mariadb, takes_back=False),
}
NEEDS = {"postgresql": "postgres", "mariadb": "mariadbd"}


@pytest.fixture(
    params=[pytest.param(name, marks=pytest.mark.needs(NEEDS[name]) if name in NEEDS else ()) for name in KINDS]
)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each kind of database."""
    return KINDS[request.param]


@pytest.fixture
def installed(kind: Kind, tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path) -> Iterator[Installation]:
    """The older release, installed, with its database."""
    with kind.serve() as settings:
        yield Installation(tmp_path, tea[0], shared_cache, settings)


@contextlib.contextmanager
def asked(server: Server, *, may_pause: bool = False) -> Iterator[None]:
    """Clients that ask all the time, six of them on connections that they keep, and get their answers."""
    with load(address(server), keep_alive=6, plain=1, may_pause=may_pause) as clients:
        clients.go_on(2)
        yield
        clients.go_on(2)
        assert clients.failures == [], f"{clients}\n{server.said}"
        assert bool(clients.paused) == may_pause


def test_there_and_back_again(tea: tuple[Path, Path], priced_tea: Path, installed: Installation, kind: Kind) -> None:
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
            said = installed.follow(refused)
            assert "migrate back: shop.0003_tea_price undone\n" in said
            assert answer(server) == "newer"
        with asked(server, may_pause=True):
            refused = installed.refusal(priced_tea, "upgrade", "--pause", FAILS="yes")
            assert "everything is as it was before" in refused
            assert answer(server) == "newer"
        installed.machine.succeed("runserve", "--check")


def test_without_a_backup_a_migration_in_part_leaves_the_site_paused(
    tea: tuple[Path, Path], priced_tea: Path, installed: Installation, kind: Kind
) -> None:
    with installed.machine.serving("--workers", "1") as server:
        refused = installed.refusal(priced_tea, "upgrade", "--pause", "--no-backup", FAILS="yes")
        assert answer(server) == ("older" if kind.takes_back else "503")
        if kind.takes_back:
            return
        assert "so the site stays paused" in refused
        way_out = re.findall("`(truncate .*?)`", refused)
        assert way_out
        assert DEADLINE_SECONDS
