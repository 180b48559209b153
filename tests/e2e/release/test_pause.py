"""A site that pauses for a migration which its release could not live with."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shlex
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.e2e.harness import Response, Server
from tests.e2e.release.upgrading import Installation, build_of
from tests.e2e.reload.load_client import Address, load
from tests.waiting import held_up_at, wait_until

HARM = "shop.0003_tea_price: Add field price to tea: the column is NOT NULL and has no db_default"


_EACH_INTERFACE = pytest.mark.parametrize("interface", ["wsgi", pytest.param("asgi", marks=pytest.mark.long)])


@pytest.fixture
def interface() -> str:
    """How the server talks to the project, where a test does not say otherwise."""
    return "wsgi"


@pytest.fixture
def installed(interface: str, tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path) -> Installation:
    """The release before, installed, with its database."""
    return Installation(tmp_path, tea[1], shared_cache, more=f"interface = {interface}")


@pytest.fixture
def gate(tmp_path: Path) -> Path:
    """A named pipe that holds up who reads it."""
    path = tmp_path / "gate"
    os.mkfifo(path)
    return path


def address(server: Server) -> Address:
    """Where a server listens."""
    parts = urlsplit(server.url)
    return str(parts.hostname), parts.port or 0


def answer(server: Server) -> str:
    """Which release answers; the status where none does."""
    got = server.get("/")
    return got.text.partition(" ")[0] if got.status == 200 else str(got.status)


def check_paused(server: Server) -> None:
    """Ask for all that a site answers while it pauses."""
    page = server.get("/")
    assert (page.status, page.headers["retry-after"]) == (503, "5")
    assert page.text == "The site is being upgraded. Please try again in a few seconds.\n"
    as_json = server.get("/", Accept="application/json")
    assert (as_json.status, as_json.headers["content-type"]) == (503, "application/json")
    assert json.loads(as_json.body)["retry_after"] == 5
    assert server.get("/-/live").status == 200
    ready = server.get("/-/ready")
    assert (ready.status, ready.text) == (503, "being upgraded\n")
    assert json.loads(server.get("/-/ready", Accept="application/json").body)["reason"] == "being upgraded"


@_EACH_INTERFACE
def test_it_is_refused_and_with_a_pause_nobody_gets_half_an_answer(
    priced_tea: Path, installed: Installation, gate: Path
) -> None:
    before = installed.in_force()
    with (
        installed.machine.serving() as server,
        load(address(server), keep_alive=4, plain=2, may_pause=True) as clients,
    ):
        clients.go_on(2)
        refused = installed.refusal(priced_tea, "upgrade")
        assert HARM in refused
        assert "shop.0003_tea_price: Raw Python operation: its effect is not known" in refused
        assert f"{before[:12]} is active, and nothing has changed" in refused
        assert (installed.in_force(), clients.paused) == (before, 0)
        [command] = re.findall("`(.*?)`", refused)
        assert sorted(shlex.split(command)) == sorted(installed.command(priced_tea, "upgrade", "--pause"))
        with installed.started(priced_tea, "upgrade", "--pause", GATE=str(gate)) as upgrade:
            with held_up_at(gate):
                assert installed.step == "migrate"
                check_paused(server)
            said, _ = upgrade.communicate()
        assert upgrade.returncode == 0, said
        assert answer(server) == "priced"
        clients.go_on(2)
        assert clients.failures == [], str(clients)
        assert clients.paused
        assert server.get("/-/ready").status == 200
    assert "\npause: requests are answered with 503\n" in said
    assert "\ngo on: requests are served\n" in said


@_EACH_INTERFACE
def test_requests_that_are_inside_end_first(priced_tea: Path, installed: Installation, gate: Path) -> None:
    slow: list[Response] = []
    with installed.machine.serving() as server, contextlib.ExitStack() as stack:
        client = threading.Thread(target=lambda: slow.append(server.get(f"/?gate={gate}")))
        client.start()
        with held_up_at(gate):
            process = stack.enter_context(installed.started(priced_tea, "upgrade", "--pause"))
            wait_until(lambda: server.get("/").status == 503, lambda: process.poll())
            assert installed.step == "pause"
            assert not slow
        client.join()
        said, _ = process.communicate()
        assert process.returncode == 0, said
        assert (slow[0].status, slow[0].text.partition(" ")[0]) == (200, "newer")
        assert answer(server) == "priced"


def test_a_kill_before_the_migration_ends_the_pause(priced_tea: Path, installed: Installation, gate: Path) -> None:
    with installed.machine.serving() as server:
        client = threading.Thread(target=server.get, args=[f"/?gate={gate}"])
        client.start()
        with held_up_at(gate):
            with installed.started(priced_tea, "upgrade", "--pause") as upgrade:
                wait_until(lambda: server.get("/").status == 503, lambda: upgrade.poll())
                upgrade.kill()
            wait_until(lambda: answer(server) == "newer", lambda: server.said)
        client.join()
        status = installed.machine.run("pyz", "status").stdout
        assert "interrupted at pause" in status
        installed.follow("Continue with: `(.*?)`", status)
        assert answer(server) == "priced"


def test_a_kill_in_the_migration_leaves_the_site_paused_until_one_goes_on(
    priced_tea: Path, installed: Installation, gate: Path
) -> None:
    with installed.machine.serving() as server:
        with installed.started(priced_tea, "upgrade", "--pause", GATE=str(gate)) as upgrade, held_up_at(gate):
            upgrade.kill()
            upgrade.wait()
            check_paused(server)
        status = installed.machine.run("pyz", "status")
        assert status.returncode == 3
        assert "interrupted at migrate" in status.stdout
        assert "requests are answered with 503 until then" in status.stdout
        assert server.get("/").status == 503
        said = installed.follow("Continue with: `(.*?)`", status.stdout)
        assert answer(server) == "priced", said
    assert not installed.journal.exists()


def test_a_migration_that_fails_has_the_data_restored(priced_tea: Path, installed: Installation) -> None:
    with (
        installed.machine.serving() as server,
        load(address(server), keep_alive=4, plain=0, may_pause=True) as clients,
    ):
        before = installed.in_force()
        refused = installed.refusal(priced_tea, "upgrade", "--pause", FAILS="yes")
        assert "no prices are known" in refused
        assert "the data was restored from " in refused
        assert f"{before[:12]} is active, and nothing has changed" in refused
        assert answer(server) == "newer"
        clients.go_on(2)
        assert clients.failures == [], str(clients)
        assert not installed.journal.exists()
    assert build_of(installed.program) == before
    installed.machine.succeed("runserve", "--check")
    assert "pause" not in installed.succeed(priced_tea, "upgrade"), "nobody is served"


@pytest.mark.long
def test_a_request_that_takes_longer_than_a_stop_allows_is_ended(
    tea: tuple[Path, Path], priced_tea: Path, tmp_path: Path, shared_cache: Path, gate: Path
) -> None:
    installed = Installation(tmp_path, tea[1], shared_cache, more="graceful_timeout = 1")
    with installed.machine.serving() as server:
        lost: list[Exception] = []

        def ask() -> None:
            try:
                server.get(f"/?gate={gate}")
            except (OSError, http.client.HTTPException) as error:
                lost.append(error)

        client = threading.Thread(target=ask)
        client.start()
        with held_up_at(gate):
            said = installed.succeed(priced_tea, "upgrade", "--pause")
        client.join()
        assert "because their requests took too long: 1\n" in said
        assert len(lost) == 1
        assert answer(server) == "priced"
