"""A reload is an upgrade: new file and configuration take over once they are known to serve, else nothing changes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.booted import wait_until
from tests.e2e.harness import Machine, Server, request, wait_for_line, with_socket
from tests.e2e.releases import Manager, build, manager, put_in_place

BROKEN = "import no_such_module\nurlpatterns = []\n"


@pytest.fixture(scope="module")
def releases(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three releases of a site; the last one cannot be imported."""
    folder = tmp_path_factory.mktemp("releases")
    made = {name: build(checkout, folder, name) for name in ("first", "second")}
    return {**made, "broken": build(checkout, folder, "broken", shop__urls=BROKEN)}


@pytest.fixture
def shop(releases: dict[str, Path], tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with the first one."""
    program = tmp_path / "bin" / "shop"
    program.parent.mkdir()
    put_in_place(releases["first"], program)
    machine = Machine(tmp_path, program, "shop")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    machine.configure("[serve]\nworkers = 2\n")
    return machine


@contextlib.contextmanager
def service(machine: Machine, *arguments: str) -> Iterator[tuple[Server, Manager]]:
    """The site as a service that is ready."""
    with (
        manager(machine.folder) as systemd,
        machine.serving(*arguments, NOTIFY_SOCKET=systemd.address, WATCHDOG_USEC="10000000") as server,
    ):
        systemd.wait_for(READY="1")
        yield server, systemd


def reload(server: Server, systemd: Manager, how: signal.Signals = signal.SIGHUP) -> dict[str, str]:
    """Reload, and return what was said at the end of it."""
    start = len(systemd.heard)
    server.process.send_signal(how)
    systemd.wait_for(start, RELOADING="1")
    return systemd.wait_for(start, READY="1")


def page(server: Server) -> str:
    """Which release answers, and with which greeting."""
    return server.get("/").text.rpartition(" ")[0]


def children(server: Server) -> set[int]:
    """The process ids of the workers."""
    pid = server.process.pid
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


def test_it_is_ready_when_a_worker_has_loaded_the_site(shop: Machine) -> None:
    gate = shop.folder / "gate"
    os.mkfifo(gate)
    local = shop.folder / "local.py"
    local.write_text(f"open({str(gate)!r}).read()\n")
    local.chmod(0o600)
    options = ("--set", f"project.local_settings={local}", "--workers", "1")
    with (
        manager(shop.folder) as systemd,
        shop.started("runserve", "--bind", "127.0.0.1:0", *options, NOTIFY_SOCKET=systemd.address) as server,
    ):
        wait_for_line(server, "Booting worker")
        assert [message for message in systemd.heard if "READY" in message] == []
        gate.write_text("open")
        assert re.fullmatch(r"1 of 1 workers, release [0-9a-f]{12}", systemd.wait_for(READY="1")["STATUS"])


def test_a_site_that_cannot_be_loaded_is_never_ready(shop: Machine) -> None:
    with manager(shop.folder) as systemd:
        done = shop.run("runserve", "--set", "settings.ROOT_URLCONF=nosuch", NOTIFY_SOCKET=systemd.address)
        assert done.returncode == 1
        systemd.wait_for(STATUS="ModuleNotFoundError: No module named 'nosuch'")
        assert [message for message in systemd.heard if "READY" in message] == []


def test_a_configuration_that_is_wrong_is_told_as_well(shop: Machine) -> None:
    path = shop.configure("[serve]\nworkers = many\n")
    with manager(shop.folder) as systemd:
        assert shop.run("runserve", NOTIFY_SOCKET=systemd.address).returncode == 2
        systemd.wait_for(STATUS=f"{path}:2: [serve] workers: wanted auto or a whole number from 1, found 'many'")


def test_it_says_that_it_lives_and_that_it_stops(shop: Machine) -> None:
    with service(shop) as (server, systemd):
        systemd.wait_for(WATCHDOG="1")
        assert server.stop() == 0
        systemd.wait_for(STOPPING="1")


def test_workers_that_do_not_respond_are_no_sign_of_life(shop: Machine) -> None:
    with service(shop, "--workers", "1", "--set", "serve.timeout=2") as (server, systemd):
        systemd.wait_for(WATCHDOG="1")
        [worker] = children(server)
        os.kill(worker, signal.SIGSTOP)
        wait_for_line(server, "WORKER TIMEOUT")
        start = len(systemd.heard)
        os.kill(worker, signal.SIGKILL)
        systemd.wait_for(start, WATCHDOG="1")


def test_children_do_not_speak_for_the_service(shop: Machine) -> None:
    with service(shop) as (server, _):
        for pid in children(server):
            names = {item.partition(b"=")[0] for item in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")}
            assert b"DJANGO_PYZ_HANDOVER" not in names
    local = shop.folder / "local.py"
    local.write_text("import os\nGREETING = os.environ.get('NOTIFY_SOCKET', 'none')\n")
    local.chmod(0o600)
    with service(shop, "--set", f"project.local_settings={local}") as (server, _):
        assert page(server) == "first none"


@pytest.mark.parametrize("how", [signal.SIGHUP, signal.SIGUSR2])
def test_a_new_file_takes_over_in_the_same_process(
    how: signal.Signals, shop: Machine, releases: dict[str, Path]
) -> None:
    with service(shop) as (server, systemd):
        assert page(server) == "first hello"
        before = children(server)
        put_in_place(releases["second"], shop.executable)
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


def test_a_new_configuration_takes_over(shop: Machine) -> None:
    with service(shop) as (server, systemd):
        shop.configure("[serve]\nworkers = 1\n[settings]\nGREETING = good day\n")
        reload(server, systemd)
        assert page(server) == "first good day"
        assert len(_when_two_are_left(server, set())) >= 1


def test_it_is_the_same_with_asgi(shop: Machine, releases: dict[str, Path]) -> None:
    with service(shop, "--set", "serve.interface=asgi") as (server, systemd):
        put_in_place(releases["second"], shop.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        put_in_place(releases["broken"], shop.executable)
        assert reload(server, systemd)["STATUS"].startswith("reload refused: ModuleNotFoundError")
        assert page(server) == "second hello"


def test_it_is_the_same_with_the_oldest_gunicorn(checkout: Path, shop: Machine) -> None:
    requirements = "Django==5.2.19\ngunicorn==20.1.0\nsetuptools==69.5.1\n"
    old = build(checkout, shop.folder, "old", **{"requirements.txt": requirements})
    put_in_place(old, shop.executable)
    with service(shop) as (server, systemd):
        shop.configure("[serve]\nworkers = 1\n[settings]\nGREETING = good day\n")
        reload(server, systemd)
        assert page(server) == "old good day"
        shop.configure("[serve]\nworkers = many\n")
        assert reload(server, systemd)["STATUS"].startswith("reload refused: shop: ")
        assert page(server) == "old good day"
        assert server.stop() == 0


def test_a_broken_file_is_refused_with_the_reason_and_nothing_changes(shop: Machine, releases: dict[str, Path]) -> None:
    with service(shop) as (server, systemd):
        before = children(server)
        put_in_place(releases["broken"], shop.executable)
        said = reload(server, systemd)
        assert said["STATUS"] == "reload refused: ModuleNotFoundError: No module named 'no_such_module'"
        assert (page(server), children(server)) == ("first hello", before)
        put_in_place(releases["second"], shop.executable)
        reload(server, systemd)
        assert page(server) == "second hello"


def test_a_broken_configuration_is_refused_with_its_line_and_nothing_changes(shop: Machine) -> None:
    with service(shop) as (server, systemd):
        before = children(server)
        path = shop.configure("[serve]\nworkers = many\n")
        said = reload(server, systemd)
        assert said["STATUS"].startswith(f"reload refused: shop: {path}:2: [serve] workers: wanted auto or a whole")
        assert (page(server), children(server)) == ("first hello", before)


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nexit 0\n", b"#!/bin/sh\nkill -9 $$\n", b"\0\0"])
def test_what_is_no_bundle_is_refused_and_nothing_changes(content: bytes, shop: Machine) -> None:
    other = shop.folder / "other"
    other.write_bytes(content)
    other.chmod(0o755)
    with service(shop) as (server, systemd):
        put_in_place(other, shop.executable)
        assert reload(server, systemd)["STATUS"].startswith("reload refused: ")
        assert page(server) == "first hello"


def test_a_request_that_takes_its_time_is_answered_by_the_release_it_was_asked_of(
    shop: Machine, releases: dict[str, Path]
) -> None:
    with service(shop) as (server, systemd):
        answers: list[str] = []
        thread = threading.Thread(target=lambda: answers.append(server.get("/?seconds=3").text))
        thread.start()
        put_in_place(releases["second"], shop.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        thread.join(30)
        assert answers
        assert answers[0].startswith("first hello")


def test_other_addresses_are_listened_on_and_those_that_stay_stay_open(shop: Machine) -> None:
    path, more = shop.folder / "s", shop.folder / "t"
    shop.configure(f"[serve]\nworkers = 1\nbind = unix:{path}, unix:{more}\n")
    with manager(shop.folder) as systemd, shop.started("runserve", NOTIFY_SOCKET=systemd.address) as server:
        systemd.wait_for(READY="1")
        inode, other = path.stat().st_ino, shop.folder / "u"
        shop.configure(f"[serve]\nworkers = 1\nbind = unix:{other}, unix:{path}\n")
        reload(server, systemd)
        assert (path.stat().st_ino, more.exists()) == (inode, False)
        for address in (path, other):
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(str(address))
                client.sendall(b"GET /-/live HTTP/1.0\r\n\r\n")
                assert client.makefile("rb").read().endswith(b"ok\n")
        assert server.stop() == 0
        assert not path.exists()


def test_a_configuration_that_changes_during_the_try_is_tried_as_well(shop: Machine, releases: dict[str, Path]) -> None:
    with service(shop) as (server, systemd):
        start = len(systemd.heard)
        put_in_place(releases["second"], shop.executable)
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(start, RELOADING="1")
        shop.configure("[serve]\nworkers = many\n")
        assert systemd.wait_for(start, READY="1")["STATUS"].startswith("reload refused: shop: ")
        assert page(server) == "first hello"


@pytest.fixture
def late(checkout: Path, shop: Machine) -> Path:
    """The site with a hook that, after the try of a reload, puts a file that it is given in the place of another."""
    hook = "import os\ndef pre_exec(server): os.replace(os.environ['LATE'], os.environ['PLACE'])\n"
    return build(checkout, shop.folder, "late", **{"gunicorn.conf.py": hook})


@pytest.mark.parametrize("preload", ["false", "true"])
def test_what_breaks_between_the_try_and_the_start_leaves_the_workers_of_before(
    preload: str, shop: Machine, late: Path, releases: dict[str, Path]
) -> None:
    put_in_place(late, shop.executable)
    local, broken = shop.folder / "local.py", shop.folder / "broken.py"
    for path, text in ((local, ""), (broken, "import no_such_module\n")):
        path.write_text(text)
        path.chmod(0o600)
    shop.configure(f"[serve]\nworkers = 2\n[gunicorn]\npreload_app = {preload}\n[project]\nlocal_settings = {local}\n")
    shop.environment |= {"LATE": str(broken), "PLACE": str(local)}
    with service(shop) as (server, systemd):
        before = children(server)
        said = reload(server, systemd)
        assert said["STATUS"].startswith("reload refused: ")
        wait_until(lambda: children(server) == before)
        assert page(server) == "late hello"
        start = len(systemd.heard)
        systemd.wait_for(start, WATCHDOG="1")
        local.write_text("")
        put_in_place(releases["second"], shop.executable)
        assert reload(server, systemd)["STATUS"].startswith("2 of 2 workers")
        assert page(server) == "second hello"
        assert server.stop() == 0


def test_workers_without_a_master_end_when_the_service_is_stopped(shop: Machine, late: Path) -> None:
    put_in_place(late, shop.executable)
    wrong = shop.folder / "wrong.ini"
    wrong.write_text("[serve]\nworkers = many\n")
    wrong.chmod(0o600)
    shop.environment |= {"LATE": str(wrong), "PLACE": str(shop.configure("[serve]\nworkers = 2\n"))}
    with service(shop) as (server, systemd):
        said = reload(server, systemd)
        assert said["STATUS"].startswith("reload refused: shop: ")
        assert page(server) == "late hello"
        assert server.stop() == 0
        systemd.wait_for(STOPPING="1")


def test_a_try_that_hangs_gives_way_to_the_next(shop: Machine, releases: dict[str, Path]) -> None:
    gate, local = shop.folder / "gate", shop.folder / "local.py"
    os.mkfifo(gate)
    local.write_text(f"open({str(gate)!r}).read()\n")
    local.chmod(0o600)
    with service(shop) as (server, systemd):
        start = len(systemd.heard)
        shop.configure(f"[project]\nlocal_settings = {local}\n")
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(start, RELOADING="1")
        put_in_place(releases["second"], shop.executable)
        shop.configure("[serve]\nworkers = 2\n")
        server.process.send_signal(signal.SIGHUP)
        assert systemd.wait_for(start, READY="1")["STATUS"].startswith("2 of 2 workers")
        assert page(server) == "second hello"


def test_a_thread_of_the_site_keeps_no_try_from_ending(shop: Machine) -> None:
    local = shop.folder / "local.py"
    local.write_text("import threading\nthreading.Thread(target=threading.Event().wait).start()\n")
    local.chmod(0o600)
    said = shop.succeed("runserve", "--check", "--set", f"project.local_settings={local}")
    assert said == "shop: the site can be served\n"


def test_workers_that_serve_go_on_where_another_cannot_load_the_site(shop: Machine) -> None:
    local = shop.folder / "local.py"
    local.write_text("")
    local.chmod(0o600)
    with service(shop, "--set", f"project.local_settings={local}") as (server, systemd):
        systemd.wait_for(STATUS="2 of 2 workers")
        local.write_text("import no_such_module\n")
        os.kill(min(children(server)), signal.SIGKILL)
        for _ in range(2):
            wait_for_line(server, "A worker could not load the site; the others go on")
            wait_for_line(server, "ModuleNotFoundError: No module named 'no_such_module'")
        assert page(server) == "first hello"
        local.write_text("")
        start = len(systemd.heard)
        systemd.wait_for(start, STATUS="2 of 2 workers")


def test_many_reloads_at_once_end_with_the_last_state(shop: Machine, releases: dict[str, Path]) -> None:
    with service(shop, "--workers", "1") as (server, systemd):
        start = len(systemd.heard)
        for name in ("broken", "second", "broken", "second"):
            put_in_place(releases[name], shop.executable)
            server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(start, READY="1")
        assert page(server) == "second hello"


def test_a_stop_during_a_reload_leaves_nothing_behind(shop: Machine) -> None:
    with service(shop) as (server, systemd):
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(RELOADING="1")
        assert server.stop() == 0
        with pytest.raises(ProcessLookupError):
            os.killpg(server.process.pid, 0)


def test_it_can_be_found_out_beforehand_whether_a_site_can_be_served(shop: Machine) -> None:
    with service(shop) as (server, _):
        address = server.url.removeprefix("http://")
        said = shop.succeed("runserve", "--bind", address, "--check")
        assert said == "shop: the site can be served\n"
    done = shop.run("runserve", "--check", "--set", "settings.ROOT_URLCONF=nosuch")
    assert (done.returncode, done.stdout) == (1, "")


def test_a_second_server_is_told_who_has_the_address(shop: Machine) -> None:
    with service(shop) as (server, _):
        address = server.url.removeprefix("http://")
        done = shop.run("runserve", "--bind", address)
    assert done.returncode == 2
    assert f"shop: {address} is already in use by shop, process {server.process.pid}\n" in done.stderr


def test_a_second_server_is_told_who_has_the_socket(shop: Machine) -> None:
    path = shop.folder / "s"
    shop.configure(f"[serve]\nworkers = 1\nbind = unix:{path}\n")
    with manager(shop.folder) as systemd, shop.started("runserve", NOTIFY_SOCKET=systemd.address) as server:
        systemd.wait_for(READY="1")
        done = shop.run("runserve")
        assert done.returncode == 2
        assert f"unix:{path} is already in use by shop, process {server.process.pid}\n" in done.stderr
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_sockets_that_were_passed_are_handed_on(shop: Machine, releases: dict[str, Path]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, manager(shop.folder) as systemd:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with _passed_to(shop, listener, systemd) as server:
            systemd.wait_for(READY="1")
            assert request(f"{url}/").text.startswith("first hello")
            put_in_place(releases["second"], shop.executable)
            reload(server, systemd)
            assert request(f"{url}/").text.startswith("second hello")
            reload(server, systemd)
            assert request(f"{url}/").text.startswith("second hello")


@contextlib.contextmanager
def _passed_to(shop: Machine, listener: socket.socket, systemd: Manager) -> Iterator[Server]:
    """A server to which a listening socket is passed, as systemd does."""
    process = subprocess.Popen(
        with_socket(listener, [shop.executable, "runserve"]),
        env={**shop.environment, "NOTIFY_SOCKET": systemd.address},
        pass_fds=[listener.fileno()],
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield Server(process)
    finally:
        process.terminate()
        assert process.wait(60) == 0
