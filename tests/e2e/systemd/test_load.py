"""Under load, with Debian 12's systemd: no reload and no restart costs anyone an answer.

How long anyone waits is measured by the soak in benchmarks/.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.reload.load_client import Load, load
from tests.e2e.systemd.booted import CAN_BOOT
from tests.e2e.systemd.booted_releases import (
    HOLD,
    HOLD_REQUEST,
    HOLD_WORKERS,
    LOADING,
    SETTINGS,
    SLOW,
    ReleaseSite,
)
from tests.waiting import wait_until

pytestmark = CAN_BOOT
SUITE = "bookworm"

ONE, TWO = b"one hello a@example.org", b"two hello a@example.org"


@pytest.fixture
def site(site: ReleaseSite) -> ReleaseSite:
    """The same, started."""
    site.systemctl("start")
    return site


@pytest.fixture
def seen(site: ReleaseSite) -> Iterator[Load]:
    """What clients see, none of whom may see a failure."""
    with load(site.address, "/release/") as made:
        made.go_on()
        yield made
        made.go_on()
    assert not made.failures, f"{made}\n{site.journal()}"


def reload_while_others_serve(site: ReleaseSite, seen: Load) -> None:
    """Reload; every client is answered again and again while the new workers load the site."""
    site.machine.path(HOLD_WORKERS).touch()
    with ThreadPoolExecutor() as pool:
        # It ends with the reload where systemd hears of that early enough, else at once.
        reload = pool.submit(site.systemctl, "reload")
        wait_until(site.machine.path(LOADING).exists, site.journal)
        seen.go_on()
        site.machine.path(HOLD_WORKERS).unlink()
        reload.result()


def test_a_reload_costs_nobody_an_answer(site: ReleaseSite, seen: Load) -> None:
    site.configure(SETTINGS.replace("hello", "bye"))
    reload_while_others_serve(site, seen)
    wait_until(lambda: b"one bye a@example.org" in seen.bodies, site.journal)
    site.wait_for_state("active")


def test_a_file_put_in_the_place_of_another_and_a_reload_cost_nobody_an_answer(site: ReleaseSite, seen: Load) -> None:
    """Release two has never run here: it is unpacked while release one serves."""
    site.forget_the_other()
    site.replace(site.two)
    reload_while_others_serve(site, seen)
    wait_until(lambda: TWO in seen.bodies, site.journal)
    site.wait_for_state("active")
    assert seen.bodies == {ONE, TWO}


def test_a_restart_costs_nobody_an_answer(site: ReleaseSite, seen: Load) -> None:
    """The socket stays open; who connects meanwhile waits for the start."""
    main_pid = site.main_pid
    site.machine.path(HOLD).touch()
    with ThreadPoolExecutor() as pool:
        restart = pool.submit(site.systemctl, "restart")
        wait_until(site.machine.path(LOADING).exists, site.journal)
        assert site.main_pid != main_pid
        site.machine.path(HOLD).unlink()
        restart.result()


def test_a_slow_request_that_is_under_way_is_answered_by_the_release_before(site: ReleaseSite) -> None:
    with ThreadPoolExecutor() as pool:
        site.machine.path(HOLD_REQUEST).touch()
        slow = pool.submit(site.get, "/slow/")
        wait_until(site.machine.path(SLOW).exists, site.journal)
        site.systemctl("reload")
        site.wait_for_message("READY=1", 2)
        assert not slow.done()
        site.machine.path(HOLD_REQUEST).unlink()
        assert (slow.result().status, slow.result().text) == (200, "slow one")


def test_a_slow_request_that_is_under_way_is_answered_before_a_restart(site: ReleaseSite) -> None:
    with ThreadPoolExecutor() as pool:
        site.machine.path(HOLD_REQUEST).touch()
        slow = pool.submit(site.get, "/slow/")
        wait_until(site.machine.path(SLOW).exists, site.journal)
        restart = pool.submit(site.systemctl, "restart")
        site.wait_for_state("deactivating")
        assert not slow.done()
        site.machine.path(HOLD_REQUEST).unlink()
        assert (slow.result().status, slow.result().text) == (200, "slow one")
        restart.result()
