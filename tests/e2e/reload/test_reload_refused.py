"""What cannot serve is refused at a reload, and nothing changes."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.harness import Machine
from tests.e2e.reload.releases import build, children, gated, local_settings, page, put_in_place, reload, service
from tests.waiting import held_up_at, wait_until


def test_a_broken_file_is_refused_with_the_reason_and_nothing_changes(
    released: Machine, releases: dict[str, Path]
) -> None:
    with service(released) as (server, systemd):
        before = children(server)
        put_in_place(releases["broken"], released.executable)
        said = reload(server, systemd)
        assert said["STATUS"] == "reload refused: ModuleNotFoundError: No module named 'no_such_module'"
        assert (page(server), children(server)) == ("first hello", before)
        put_in_place(releases["second"], released.executable)
        reload(server, systemd)
        assert page(server) == "second hello"


def test_a_broken_configuration_is_refused_with_its_line_and_nothing_changes(released: Machine) -> None:
    with service(released) as (server, systemd):
        before = children(server)
        path = released.configure("[serve]\nworkers = many\n")
        said = reload(server, systemd)
        assert said["STATUS"].startswith(f"reload refused: shop: {path}:2: [serve] workers: wanted auto or a whole")
        assert (page(server), children(server)) == ("first hello", before)


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\nexit 0\n", b"#!/bin/sh\nkill -9 $$\n", b"\0\0"])
def test_what_is_no_bundle_is_refused_and_nothing_changes(content: bytes, released: Machine) -> None:
    other = released.folder / "other"
    other.write_bytes(content)
    other.chmod(0o755)
    with service(released) as (server, systemd):
        put_in_place(other, released.executable)
        assert reload(server, systemd)["STATUS"].startswith("reload refused: ")
        assert page(server) == "first hello"


def test_a_configuration_that_changes_during_the_try_is_tried_as_well(
    released: Machine, releases: dict[str, Path]
) -> None:
    gate, local = gated(released)
    with service(released) as (server, systemd):
        start = len(systemd.heard)
        put_in_place(releases["second"], released.executable)
        released.configure(f"[project]\nlocal_settings = {local}\n")
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(start, RELOADING="1")
        with held_up_at(gate):
            released.configure("[serve]\nworkers = many\n")
        assert systemd.wait_for(start, READY="1")["STATUS"].startswith("reload refused: shop: ")
        assert page(server) == "first hello"


def test_sockets_of_each_worker_s_own_cannot_be_handed_over(released: Machine) -> None:
    with service(released) as (server, systemd):
        released.configure("[serve]\nworkers = 2\n[gunicorn]\nreuse_port = true\n")
        assert reload(server, systemd)["STATUS"].startswith("reload refused: shop: [gunicorn] reuse_port: ")
        assert page(server) == "first hello"


@pytest.fixture
def late(checkout: Path, released: Machine) -> Path:
    """The site with a hook that, after the try of a reload, puts a file that it is given in the place of another."""
    hook = "import os\ndef pre_exec(server): os.replace(os.environ['LATE'], os.environ['PLACE'])\n"
    return build(checkout, released.folder, "late", **{"gunicorn.conf.py": hook})


@pytest.mark.parametrize("preload", ["false", "true"])
def test_what_breaks_between_the_try_and_the_start_leaves_the_workers_of_before(
    preload: str, released: Machine, late: Path, releases: dict[str, Path]
) -> None:
    put_in_place(late, released.executable)
    local = local_settings(released, "")
    broken = local_settings(released, "import no_such_module\n", "broken.py")
    released.configure(
        f"[serve]\nworkers = 2\n[gunicorn]\npreload_app = {preload}\n[project]\nlocal_settings = {local}\n"
    )
    released.environment |= {"LATE": str(broken), "PLACE": str(local)}
    with service(released) as (server, systemd):
        before = children(server)
        said = reload(server, systemd)
        assert said["STATUS"].startswith("reload refused: ")
        wait_until(lambda: children(server) == before, lambda: f"{before}, found {children(server)}\n{server.said}")
        assert page(server) == "late hello"
        start = len(systemd.heard)
        systemd.wait_for(start, WATCHDOG="1")
        local.write_text("")
        put_in_place(releases["second"], released.executable)
        assert reload(server, systemd)["STATUS"].startswith("2 of 2 workers")
        assert page(server) == "second hello"
        wait_until(lambda: len(children(server)) == 2, lambda: f"two workers\n{server.said}")
        start = len(systemd.heard)
        os.kill(min(children(server)), signal.SIGKILL)
        systemd.wait_for(start, STATUS="2 of 2 workers")
        assert server.stop() == 0


def test_workers_without_a_master_end_when_the_service_is_stopped(released: Machine, late: Path) -> None:
    put_in_place(late, released.executable)
    wrong = released.folder / "wrong.ini"
    wrong.write_text("[serve]\nworkers = many\n")
    wrong.chmod(0o600)
    released.environment |= {"LATE": str(wrong), "PLACE": str(released.configure("[serve]\nworkers = 2\n"))}
    with service(released) as (server, systemd):
        said = reload(server, systemd)
        assert said["STATUS"].startswith("reload refused: shop: ")
        assert page(server) == "late hello"
        assert server.stop() == 0
        systemd.wait_for(STOPPING="1")


def test_a_try_that_hangs_gives_way_to_the_next(released: Machine, releases: dict[str, Path]) -> None:
    _, local = gated(released)
    with service(released) as (server, systemd):
        start = len(systemd.heard)
        released.configure(f"[project]\nlocal_settings = {local}\n")
        server.process.send_signal(signal.SIGHUP)
        systemd.wait_for(start, RELOADING="1")
        put_in_place(releases["second"], released.executable)
        released.configure("[serve]\nworkers = 2\n")
        server.process.send_signal(signal.SIGHUP)
        assert systemd.wait_for(start, READY="1")["STATUS"].startswith("2 of 2 workers")
        assert page(server) == "second hello"
