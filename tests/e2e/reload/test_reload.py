"""A reload is an upgrade: the new file and the new configuration take over."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server, request, wait_for_line, with_socket
from tests.e2e.reload.releases import Manager, build, children, manager, page, put_in_place, reload, service


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
        assert before.isdisjoint(_when_two_are_left(server, before))
        assert server.process.poll() is None
        assert server.stop() == 0


def _when_two_are_left(server: Server, before: set[int]) -> set[int]:
    """The workers, once those of before have ended."""
    wait_for_line(server, "of the release before")
    while before & (now := children(server)):
        os.sched_yield()
    return now


def test_a_new_configuration_takes_over(released: Machine) -> None:
    with service(released) as (server, systemd):
        released.configure("[serve]\nworkers = 1\n[settings]\nGREETING = good day\n")
        reload(server, systemd)
        assert page(server) == "first good day"
        assert len(_when_two_are_left(server, set())) >= 1


def test_it_is_the_same_with_asgi(released: Machine, releases: dict[str, Path]) -> None:
    with service(released, "--set", "serve.interface=asgi") as (server, systemd):
        put_in_place(releases["second"], released.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        put_in_place(releases["broken"], released.executable)
        assert reload(server, systemd)["STATUS"].startswith("reload refused: ModuleNotFoundError")
        assert page(server) == "second hello"


def test_it_is_the_same_with_the_oldest_gunicorn(checkout: Path, released: Machine) -> None:
    requirements = "Django==5.2.19\ngunicorn==20.1.0\nsetuptools==69.5.1\n"
    old = build(checkout, released.folder, "old", **{"requirements.txt": requirements})
    put_in_place(old, released.executable)
    with service(released) as (server, systemd):
        released.configure("[serve]\nworkers = 1\n[settings]\nGREETING = good day\n")
        reload(server, systemd)
        assert page(server) == "old good day"
        released.configure("[serve]\nworkers = many\n")
        assert reload(server, systemd)["STATUS"].startswith("reload refused: shop: ")
        assert page(server) == "old good day"
        assert server.stop() == 0


def test_a_request_that_takes_its_time_is_answered_by_the_release_it_was_asked_of(
    released: Machine, releases: dict[str, Path]
) -> None:
    with service(released) as (server, systemd):
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(server.get("/?seconds=3").text))
        thread.start()
        put_in_place(releases["second"], released.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        thread.join(30)
        assert answers
        assert answers[0].startswith("first hello")


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
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(address))
                client.sendall(b"GET /-/live HTTP/1.0\r\n\r\n")
                assert client.makefile("rb").read().endswith(b"ok\n")
        assert server.stop() == 0
        assert not path.exists()


def test_many_reloads_at_once_end_with_the_last_state(released: Machine, releases: dict[str, Path]) -> None:
    with service(released, "--workers", "1") as (server, systemd):
        start = len(systemd.heard)
        for name in ("broken", "second", "broken", "second"):
            put_in_place(releases[name], released.executable)
            server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(start, READY="1")
        assert page(server) == "second hello"


def test_a_stop_during_a_reload_leaves_nothing_behind(released: Machine) -> None:
    with service(released) as (server, systemd):
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(RELOADING="1")
        assert server.stop() == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(server.process.pid, 0)


def test_sockets_that_were_passed_are_handed_on(released: Machine, releases: dict[str, Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, manager(released.folder) as systemd:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with _passed_to(released, listener, systemd) as server:
            systemd.wait_for(READY="1")
            assert request(f"{url}/").text.startswith("first hello")
            put_in_place(releases["second"], released.executable)
            reload(server, systemd)
            assert request(f"{url}/").text.startswith("second hello")
            reload(server, systemd)
            assert request(f"{url}/").text.startswith("second hello")


@contextlib.contextmanager
def _passed_to(released: Machine, listener: socket.socket, systemd: Manager) -> Iterator[Server]:
    """A server to which a listening socket is passed, as systemd does."""
    process = subprocess.Popen(
        with_socket(listener, [released.executable, "runserve"]),
        env={**released.environment, "NOTIFY_SOCKET": systemd.address},
        pass_fds=[listener.fileno()],
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.terminate()
        assert process.wait(60) == 0
