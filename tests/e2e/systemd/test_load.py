"""Under load, with Debian 12's systemd: no reload and no restart costs anyone an answer, or makes anyone wait long."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.reload.load_client import Load, load
from tests.e2e.systemd.booted import CAN_BOOT, wait_until
from tests.e2e.systemd.booted_releases import SETTINGS, SLOW, ReleaseSite

pytestmark = CAN_BOOT
SUITE = "bookworm"

LONGEST_SECONDS = 0.5
ATTEMPTS = 3
"""How often a switch may be tried until no request waits longer than that: whatever else runs on this machine makes
some wait now and then, a switch that does would make them wait each time. No request may fail in any of them."""
ONE, TWO = b"one hello a@example.org", b"two hello a@example.org"


@pytest.fixture
def site(site: ReleaseSite) -> ReleaseSite:
    """The same, started."""
    site.systemctl("start")
    return site


def switch_quickly(site: ReleaseSite, switch: Callable[[Load], None], due_seconds: float = 0) -> None:
    """Switch under load: nobody gets a failure, or waits for long.

    Args:
        site: that serves.
        switch: to be done.
        due_seconds: what everybody has to wait.
    """
    waits: list[float] = []
    longest_seconds = LONGEST_SECONDS + due_seconds
    while not waits or (waits[-1] > longest_seconds and len(waits) < ATTEMPTS):
        if waits:
            site.begin()
            site.systemctl("start")
        with load(site.address, "/release/") as seen:
            _go_on(seen, 1)
            switch(seen)
            _go_on(seen, 2)
        assert not seen.failures, f"{seen}\n{site.journal()}"
        assert seen.requests > 100, seen
        waits.append(seen.longest_seconds)
    assert waits[-1] <= longest_seconds, f"wanted {longest_seconds:.3f} s, longest waits: {waits}\n{site.journal()}"


def _go_on(seen: Load, seconds: float) -> None:
    """Let the clients go on for a while."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > end or seen.failures)


def test_a_reload_costs_nobody_an_answer(site: ReleaseSite) -> None:
    def switch(seen: Load) -> None:
        site.configure(SETTINGS.replace("hello", "bye"))
        site.systemctl("reload")
        wait_until(lambda: b"one bye a@example.org" in seen.bodies, site.journal)
        site.wait_for_state("active")

    switch_quickly(site, switch)


def test_a_file_put_in_the_place_of_another_and_a_reload_cost_nobody_an_answer(site: ReleaseSite) -> None:
    """Release two has never run here: it is unpacked while release one serves."""

    def switch(seen: Load) -> None:
        site.forget_the_other()
        site.replace(site.two)
        site.systemctl("reload")
        wait_until(lambda: TWO in seen.bodies, site.journal)
        site.wait_for_state("active")
        assert set(seen.bodies) == {ONE, TWO}

    switch_quickly(site, switch)


def test_a_restart_costs_nobody_an_answer_and_no_more_time_than_a_start(site: ReleaseSite) -> None:
    """The socket stays open; who connects meanwhile waits."""

    def switch(seen: Load) -> None:
        main_pid = site.main_pid
        site.systemctl("restart")
        assert site.main_pid != main_pid

    site.systemctl("stop")
    start = time.monotonic()
    site.systemctl("start")
    switch_quickly(site, switch, time.monotonic() - start)


@pytest.mark.parametrize("verb", ["reload", "restart"])
def test_a_slow_request_that_is_under_way_is_answered(site: ReleaseSite, verb: str) -> None:
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(site.get, "/slow/5/")
        wait_until(site.machine.path(SLOW).exists, site.journal)
        site.systemctl(verb)
        assert (slow.result().status, slow.result().text) == (200, "slow one")
