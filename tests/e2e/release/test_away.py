"""A database that is away when the service starts is waited for; what no waiting mends is not."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server, wait_for_line
from tests.e2e.release.stoppable import Stoppable, stoppable
from tests.e2e.release.tea_shop import machine_with
from tests.e2e.reload.releases import Manager, manager, page, reload
from tests.waiting import DEADLINE_SECONDS

pytestmark = pytest.mark.needs("postgres")

ASKS_AT_IMPORT = """
from shop.models import Tea
from shop.urls import urlpatterns

Tea.objects.count()
"""


@pytest.fixture(scope="module")
def database() -> Iterator[Stoppable]:
    """PostgreSQL, which does not run at first."""
    with stoppable() as made:
        yield made


@pytest.fixture
def site(tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path, database: Stoppable) -> Machine:
    """A machine with the older release."""
    return machine_with(tmp_path / "site", tea[0], shared_cache, f"DATABASES.default = {database.url()}")


@contextlib.contextmanager
def waiting(site: Machine, *options: str) -> Iterator[tuple[Server, Manager]]:
    """A service that waits for its database and says so."""
    with (
        manager(site.folder) as systemd,
        site.started("runserve", "--bind", "127.0.0.1:0", *options, NOTIFY_SOCKET=systemd.address) as server,
    ):
        wait_for_line(server, r"waiting for the database: .*the database 'shop' \(postgresql\) does not answer: ")
        told = systemd.wait_for(STATUS="waiting for the database: the database 'shop' (postgresql) does not answer")
        assert int(told["EXTEND_TIMEOUT_USEC"]) > 60_000_000
        assert [message for message in systemd.heard if "READY" in message] == []
        yield server, systemd


@pytest.mark.parametrize("options", [(), ("--migrate",), ("--set", "gunicorn.preload_app=true")], ids=str)
def test_it_comes_up_by_itself_when_the_database_does(
    options: tuple[str, ...], site: Machine, database: Stoppable
) -> None:
    if "--migrate" not in options:
        with database.running():
            site.succeed("migrate", "--verbosity", "0")
    with waiting(site, *options) as (server, systemd), database.running():
        systemd.wait_for(READY="1")
        server.url = wait_for_line(server, r"Listening at: (http://\S+)")
        assert page(server) == "older 0"
        assert len(re.findall("waiting for the database: ", server.said)) == 1, server.said
        assert "Traceback" not in server.said
        assert server.stop() == 0


def test_a_site_that_asks_its_database_while_it_is_loaded_comes_up_as_well(site: Machine, database: Stoppable) -> None:
    urls = site.folder / "own_urls.py"
    urls.write_text(ASKS_AT_IMPORT)
    with database.running():
        site.succeed("migrate", "--verbosity", "0")
    options = ("--set", f"modules.own_urls={urls}", "--set", "settings.ROOT_URLCONF=own_urls")
    with waiting(site, *options) as (server, systemd), database.running():
        systemd.wait_for(READY="1")
        server.url = wait_for_line(server, r"Listening at: (http://\S+)")
        assert page(server) == "older 0"


def test_it_ends_when_it_is_told_to(site: Machine) -> None:
    with waiting(site) as (server, systemd):
        assert server.stop() == 0
        systemd.wait_for(STOPPING="1")
    with waiting(site, "--migrate") as (server, _):
        assert server.stop() == 128 + 15


@pytest.mark.parametrize("options", [(), ("--migrate",), ("--set", "gunicorn.preload_app=true")], ids=str)
def test_it_ends_with_a_code_of_its_own_when_the_time_is_over(options: tuple[str, ...], site: Machine) -> None:
    with waiting(site, "--set", "serve.database_wait=1", *options) as (server, systemd):
        assert server.process.wait(DEADLINE_SECONDS) == 75
        wait_for_line(server, r"gave up after 1 seconds \(\[serve\] database_wait\)")
        systemd.wait_for(STATUS="shop: the database 'shop' (postgresql) does not answer")


def test_too_many_connections_are_waited_for_as_well(site: Machine, database: Stoppable) -> None:
    few = ("max_connections=4", "superuser_reserved_connections=0")
    with database.running():
        site.succeed("migrate", "--verbosity", "0")
    with database.running(*few, "max_wal_senders=0"), contextlib.ExitStack() as taken:
        for _ in range(4):
            taken.enter_context(database.connected())
        with waiting(site, "--workers", "1") as (server, systemd):
            wait_for_line(server, "too many clients already")
            taken.close()
            systemd.wait_for(READY="1")


def test_what_no_waiting_mends_ends_a_start_at_once(site: Machine, database: Stoppable) -> None:
    start = ("runserve", "--bind", "127.0.0.1:0")
    with database.running():
        for url, why in (
            (database.url(password="guessed"), "password authentication failed"),
            (database.url(name="nosuch"), 'database "nosuch" does not exist'),
        ):
            for more in ((), ("--migrate",)):
                done = site.run("--set", f"settings.DATABASES.default={url}", *start, *more)
                assert (done.returncode, why in done.stderr) == (2, True), done.stderr
                assert "waiting" not in done.stderr


def test_a_command_is_told_in_a_line_and_a_query_that_fails_is_a_bug(site: Machine, database: Stoppable) -> None:
    away = site.run("migrate")
    assert (away.returncode, away.stderr.count("Traceback")) == (2, 0), away.stderr
    assert "shop: the database 'shop' (postgresql) does not answer: " in away.stderr
    [hint] = re.findall(r"Check that it is running, and DATABASES: `shop (.+)`\.", away.stderr)
    assert "DATABASES" in site.succeed(*shlex.split(hint))
    with database.running():
        guessed = ("--set", f"settings.DATABASES.default={database.url(password='guessed')}")
        for more in ((), ("--traceback",)):
            done = site.run(*guessed, "migrate", *more)
            assert "password authentication failed" in done.stderr
            assert (done.returncode, "Traceback" in done.stderr) == ((1, True) if more else (2, False)), done.stderr
        statement = "SET statement_timeout = 1; SELECT pg_sleep(9)"
        asks = f"from django.db import connection; connection.cursor().execute('{statement}')"
        done = site.run("shell", "-v", "0", "-c", asks)
        assert (done.returncode, "Traceback" in done.stderr) == (1, True), done.stderr


def test_whoever_asks_or_serves_already_is_told_at_once(site: Machine, database: Stoppable) -> None:
    with database.running():
        site.succeed("migrate", "--verbosity", "0")
    for more in ((), ("--migrate",)):
        done = site.run("runserve", "--check", *more)
        assert done.returncode == 2
        assert "the database 'shop' (postgresql) does not answer: " in done.stderr
    with manager(site.folder) as systemd, contextlib.ExitStack() as stack:
        with database.running():
            server = stack.enter_context(site.serving(NOTIFY_SOCKET=systemd.address))
            systemd.wait_for(READY="1")
        status = reload(server, systemd)["STATUS"]
        assert status.startswith("reload refused: shop: the database 'shop' (postgresql) does not answer")
        assert server.get("/-/live").status == 200
