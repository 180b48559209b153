"""A reload is an upgrade: the new file and the new configuration take over."""

from __future__ import annotations

import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.harness import Machine
from tests.e2e.http.raw_http import ask
from tests.e2e.reload.releases import children, manager, page, put_in_place, reload, service
from tests.waiting import held_up_at, wait_until


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGUSR2])
def test_a_new_file_takes_over_in_the_same_process(
    how: signal.Signals, released: Machine, releases: dict[str, Path]
) -> None:
    with service(released) as (server, systemd):
        assert page(server) == "first hello"
        before = children(server)
        put_in_place(releases["second"], released.executable)
        said = reload(server, systemd, how)
        assert page(server) == "second hello"
        assert said["STATUS"].startswith("2 of 2 workers, release ")
        wait_until(lambda: before.isdisjoint(children(server)), "the workers of before to end")
        assert server.process.poll() is None
        assert server.stop() == 0


def test_a_new_configuration_takes_over(released: Machine) -> None:
    with service(released) as (server, systemd):
        released.configure("[serve]\nworkers = 1\n[settings]\nGREETING = good day\n")
        reload(server, systemd)
        assert page(server) == "first good day"
        wait_until(lambda: len(children(server)) == 1, "the workers of before to end")


def test_the_configuration_is_the_one_that_was_named_though_the_folder_is_gone(released: Machine) -> None:
    path = released.configure("[settings]\nGREETING = good day\n")
    del released.environment["SHOP__CONFIG"]
    with service(released, "--config", f"../{path.name}") as (server, systemd):
        assert page(server) == "first good day"
        path.write_text("[settings]\nGREETING = good night\n")
        released.elsewhere.rmdir()
        reload(server, systemd)
        assert page(server) == "first good night"


def test_it_is_the_same_with_asgi(released: Machine, releases: dict[str, Path]) -> None:
    with service(released, "--set", "serve.interface=asgi") as (server, systemd):
        put_in_place(releases["second"], released.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        put_in_place(releases["broken"], released.executable)
        assert reload(server, systemd)["STATUS"].startswith("reload refused: ModuleNotFoundError")
        assert page(server) == "second hello"


def test_a_request_that_takes_its_time_is_answered_by_the_release_it_was_asked_of(
    released: Machine, releases: dict[str, Path]
) -> None:
    gate = released.folder / "gate"
    os.mkfifo(gate)
    with ThreadPoolExecutor() as pool, service(released, "--set", "serve.graceful_timeout=600") as (server, systemd):
        slow = pool.submit(server.get, f"/?gate={gate}")
        with held_up_at(gate):
            put_in_place(releases["second"], released.executable)
            reload(server, systemd)
            assert page(server) == "second hello"
        assert slow.result().text.startswith("first hello")


def test_other_addresses_are_listened_on_and_those_that_stay_stay_open(released: Machine) -> None:
    path, more = released.folder / "s", released.folder / "t"
    released.configure(f"[serve]\nworkers = 1\nbind = unix:{path}, unix:{more}\n")
    with manager(released.folder) as systemd, released.started("runserve", NOTIFY_SOCKET=systemd.address) as server:
        systemd.wait_for(READY="1")
        inode, other = path.stat().st_ino, released.folder / "u"
        released.configure(f"[serve]\nworkers = 1\nbind = unix:{other}, unix:{path}\n")
        reload(server, systemd)
        assert (path.stat().st_ino, more.exists()) == (inode, False)
        for address in (path, other):
            assert ask(f"unix:{address}", "/-/live").data.endswith(b"ok\n")
        assert server.stop() == 0
        assert not path.exists()


def test_many_reloads_at_once_end_with_the_last_state(released: Machine, releases: dict[str, Path]) -> None:
    with service(released, "--workers", "1") as (server, _):
        for name in ("broken", "second", "broken", "second"):
            put_in_place(releases[name], released.executable)
            server.process.send_signal(signal.SIGHUP)
        released.configure("[settings]\nGREETING = good day\n")
        server.process.send_signal(signal.SIGHUP)
        # Where the machine is slow, some of the others are ready, or refused, before.
        wait_until(lambda: page(server) == "second good day", lambda: f"{page(server)}\n{server.said}")


def test_a_stop_during_a_reload_leaves_nothing_behind(released: Machine) -> None:
    with service(released) as (server, systemd):
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(RELOADING="1")
        assert server.stop() == 0
        wait_until(lambda: not _is_group(server.process.pid), "all processes of it to be gone")


def _is_group(number: int) -> bool:
    """Whether there is a process in a group of processes."""
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_sockets_that_were_passed_are_handed_on(released: Machine, releases: dict[str, Path]) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        manager(released.folder) as systemd,
        released.serving_on(listener, NOTIFY_SOCKET=systemd.address) as server,
    ):
        systemd.wait_for(READY="1")
        assert page(server) == "first hello"
        put_in_place(releases["second"], released.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        reload(server, systemd)
        assert page(server) == "second hello"
        assert server.stop() == 0
