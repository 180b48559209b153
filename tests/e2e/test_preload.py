"""A site that is loaded before its workers are forked shares no connection with them, nor the threads of a pool."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.database_servers import postgresql
from tests.e2e.harness import Machine, Server, wait_for_line

pytestmark = pytest.mark.needs("postgres")

CONNECTS_AT_IMPORT = """
import os

from django.contrib.auth.models import User
from django.http import HttpResponse
from django.urls import path

User.objects.count()
urlpatterns = [path("", lambda request: HttpResponse(f"{os.getpid()} {User.objects.count()}\\n"))]
"""
OPENS_A_SOCKET = """
import socket

from shop.urls import urlpatterns

kept = socket.create_connection(("127.0.0.1", @PORT@))
"""


@pytest.fixture(scope="module")
def postgres() -> Iterator[Path]:
    """The folder of the socket of a PostgreSQL server that is this test's own."""
    with postgresql("shop") as folder:
        yield folder


@pytest.fixture(scope="module")
def site(checkout: Path, postgres: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with the project on it, whose database is there."""
    scratch = tmp_path_factory.mktemp("pool")
    case = Case(Source("pool-and-preload", "tree", "tests/projects/pool-and-preload"))
    build(case, checkout, case.source.make(scratch), scratch / "release")
    machine = Machine(tmp_path_factory.mktemp("site"), scratch / "release", "pool-and-preload")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    configure(machine, postgres)
    machine.succeed("migrate", "--verbosity", "0")
    return machine


def configure(machine: Machine, postgres: Path, urls: str = "", more: str = "") -> None:
    """Configure the database and two workers.

    Args:
        machine: with the project.
        postgres: the folder of the socket.
        urls: another urls.py.
        more: lines of [settings].
    """
    modules = ""
    if urls:
        (machine.folder / "own_urls.py").write_text(urls)
        modules, more = f"[modules]\nown_urls = {machine.folder}/own_urls.py\n", f"ROOT_URLCONF = own_urls\n{more}"
    machine.configure(
        f"[serve]\nworkers = 2\n{modules}"
        f"[settings]\nDATABASES.default.HOST = {postgres}\nDATABASES.default.PORT = 5432\n{more}\n"
    )


def check_answers(server: Server) -> None:
    """Ask until both workers have answered, several at a time; all is well, and both have loaded the same site."""
    answered: set[str] = set()
    with ThreadPoolExecutor(8) as pool:
        while len(answered) < 2:
            answers = list(pool.map(server.get, ["/"] * 16))
            assert [answer.status for answer in answers] == [200] * 16, server.said
            answered |= {answer.text.split()[0] for answer in answers}
    assert "share" not in server.said


def test_each_worker_has_a_pool_of_its_own(site: Machine, postgres: Path) -> None:
    configure(site, postgres)
    with site.serving() as server:
        check_answers(server)
        assert server.get("/-/ready").status == 200


@pytest.mark.parametrize("worker", ["gthread", "sync", "asgi"])
def test_a_connection_that_is_opened_at_import_is_closed_before_the_fork(
    worker: str, site: Machine, postgres: Path
) -> None:
    configure(site, postgres, CONNECTS_AT_IMPORT, "DATABASES.default.OPTIONS = {}\nDATABASES.default.CONN_MAX_AGE = 60")
    with site.serving("--set", f"gunicorn.worker_class={worker}") as server:
        check_answers(server)


def test_what_nobody_can_close_is_named_with_what_to_do(site: Machine, postgres: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        configure(site, postgres, OPENS_A_SOCKET.replace("@PORT@", str(port)))
        with site.serving() as server:
            assert server.get("/").status == 200
            wait_for_line(server, rf"connections that all its workers share, to 127\.0\.0\.1 port {port}\.")
            wait_for_line(server, r"set \[gunicorn\] preload_app = false")
        with site.serving("--set", "gunicorn.preload_app=false") as server:
            assert server.get("/").status == 200
            assert "share" not in server.said
