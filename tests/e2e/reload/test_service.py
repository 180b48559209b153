"""The service manager is told the truth about the server; so is whoever asks beforehand or starts a second one."""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

from tests.e2e.harness import Machine, wait_for_line
from tests.e2e.reload.releases import children, gated, local_settings, manager, page, service
from tests.waiting import held_up_at


def test_it_is_ready_when_a_worker_has_loaded_the_site(released: Machine) -> None:
    gate, local = gated(released)
    options = ("--set", f"project.local_settings={local}", "--workers", "1")
    with (
        manager(released.folder) as systemd,
        released.started("runserve", "--bind", "127.0.0.1:0", *options, NOTIFY_SOCKET=systemd.address),
    ):
        with held_up_at(gate):
            assert [message for message in systemd.heard if "READY" in message] == []
        assert re.fullmatch(r"1 of 1 workers, release (\S+ \()?[0-9a-f]{12}\)?", systemd.wait_for(READY="1")["STATUS"])


def test_a_site_that_cannot_be_loaded_is_never_ready(released: Machine) -> None:
    options = ("--bind", "127.0.0.1:0", "--set", "settings.ROOT_URLCONF=nosuch")
    with manager(released.folder) as systemd:
        done = released.run("runserve", *options, NOTIFY_SOCKET=systemd.address)
        assert done.returncode == 1
        systemd.wait_for(STATUS="ModuleNotFoundError: No module named 'nosuch'")
        assert [message for message in systemd.heard if "READY" in message] == []


def test_a_configuration_that_is_wrong_is_told_as_well(released: Machine) -> None:
    path = released.configure("[serve]\nworkers = many\n")
    with manager(released.folder) as systemd:
        assert released.run("runserve", NOTIFY_SOCKET=systemd.address).returncode == 2
        systemd.wait_for(STATUS=f"{path}:2: [serve] workers: wanted auto or a whole number from 1, found 'many'")


def test_it_says_that_it_lives_and_that_it_stops(released: Machine) -> None:
    with service(released) as (server, systemd):
        systemd.wait_for(WATCHDOG="1")
        assert server.stop() == 0
        systemd.wait_for(STOPPING="1")


def test_workers_that_do_not_respond_are_no_sign_of_life(released: Machine) -> None:
    with service(released, "--workers", "1", "--set", "serve.timeout=4") as (server, systemd):
        systemd.wait_for(WATCHDOG="1")
        [worker] = children(server)
        os.kill(worker, signal.SIGSTOP)
        wait_for_line(server, "WORKER TIMEOUT")
        # The master kills it, and starts another one.
        start = len(systemd.heard)
        systemd.wait_for(start, WATCHDOG="1")


def test_children_do_not_speak_for_the_service(released: Machine) -> None:
    with service(released) as (server, _):
        for pid in children(server):
            names = {item.partition(b"=")[0] for item in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
            assert b"DJANGO_PYZ_HANDOVER" not in names
    local = local_settings(released, "import os\nGREETING = os.environ.get('NOTIFY_SOCKET', 'none')\n")
    with service(released, "--set", f"project.local_settings={local}") as (server, _):
        assert page(server) == "first none"


def test_workers_that_serve_go_on_where_another_cannot_load_the_site(released: Machine) -> None:
    local = local_settings(released, "")
    with service(released, "--set", f"project.local_settings={local}") as (server, systemd):
        systemd.wait_for(STATUS="2 of 2 workers")
        local.write_text("import no_such_module\n")
        os.kill(min(children(server)), signal.SIGKILL)
        told = "A worker could not load the site; the others keep running.*No module named 'no_such_module'"
        wait_for_line(server, f"(?s)({told}.*){{2}}")
        assert page(server) == "first hello"
        start = len(systemd.heard)
        local.write_text("")
        systemd.wait_for(start, STATUS="2 of 2 workers")


def test_it_can_be_found_out_beforehand_whether_a_site_can_be_served(released: Machine) -> None:
    with service(released) as (server, _):
        address = server.url.removeprefix("http://")
        said = released.succeed("runserve", "--bind", address, "--check")
        assert said == "shop: the site can be served\n"
    done = released.run("runserve", "--check", "--set", "settings.ROOT_URLCONF=nosuch")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_thread_of_the_site_keeps_no_try_from_ending(released: Machine) -> None:
    local = local_settings(released, "import threading\nthreading.Thread(target=threading.Event().wait).start()\n")
    said = released.succeed("runserve", "--check", "--set", f"project.local_settings={local}")
    assert said == "shop: the site can be served\n"


def test_a_second_server_is_told_who_has_the_address(released: Machine) -> None:
    with service(released) as (server, _):
        address = server.url.removeprefix("http://")
        done = released.run("runserve", "--bind", address)
    assert done.returncode == 2
    assert f"shop: {address} is already in use by shop, process {server.process.pid}\n" in done.stderr


def test_a_second_server_is_told_who_has_the_socket(released: Machine) -> None:
    path = released.folder / "s"
    released.configure(f"[serve]\nworkers = 1\nbind = unix:{path}\n")
    with manager(released.folder) as systemd, released.started("runserve", NOTIFY_SOCKET=systemd.address) as server:
        systemd.wait_for(READY="1")
        done = released.run("runserve")
        assert done.returncode == 2
        assert f"unix:{path} is already in use by shop, process {server.process.pid}\n" in done.stderr
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))
