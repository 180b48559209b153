"""A reload under Debian 12's systemd is an upgrade, tried first; the watchdog is told whether the site lives."""

from __future__ import annotations

import os
import re
import signal
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.systemd.booted import CAN_BOOT
from tests.e2e.systemd.booted_releases import FAILS, HOLD, LOADING, SETTINGS, ReleaseSite
from tests.e2e.systemd.reload_truth import check_reloads, hide_settings
from tests.waiting import wait_until

pytestmark = CAN_BOOT
SUITE = "bookworm"

CHANGED = SETTINGS.replace("hello", "bye").replace("a@", "b@")
BROKEN = SETTINGS.replace("workers = 2", "workers = many")
WHY = "[serve] workers: wanted auto or a whole number from 1, found 'many'"
ONE, TWO = "one hello a@example.org", "two hello a@example.org"
WATCHDOG_SECONDS = 6
WATCHDOG = f"[Service]\nWatchdogSec={WATCHDOG_SECONDS}\n"


@pytest.fixture
def serving(site: ReleaseSite) -> ReleaseSite:
    """The same, started."""
    site.systemctl("start")
    assert site.shows() == ONE
    return site


def wait_for_release(site: ReleaseSite, text: str) -> None:
    """Wait until all workers are of a release: each of ten answers."""
    wait_until(
        lambda: {site.shows() for _ in range(10)} == {text}, lambda: f"{text}, found {site.shows()}\n{site.journal()}"
    )


def reload(site: ReleaseSite, how: str) -> None:
    """Ask for a reload that is going to end well."""
    if how.startswith("SIG"):
        site.send(signal.Signals[how])
    else:
        site.systemctl("reload")


@pytest.mark.parametrize("how", ["systemctl reload", "SIGHUP", "SIGUSR2"])
def test_a_reload_takes_the_file_and_the_settings_that_are_there(serving: ReleaseSite, how: str) -> None:
    main_pid = serving.main_pid
    serving.configure(CHANGED)
    serving.replace(serving.two)
    reload(serving, how)
    wait_for_release(serving, "two bye b@example.org")
    serving.wait_for_state("active")
    assert (serving.main_pid, serving.show("NRestarts")) == (main_pid, "0")
    serving.systemctl("stop")
    assert (serving.show("Result"), serving.show("ExecMainStatus")) == ("success", "0")


def test_nothing_of_the_old_settings_is_left_after_a_reload(serving: ReleaseSite) -> None:
    serving.configure("[serve]\nworkers = 1\n")
    reload(serving, "systemctl reload")
    wait_for_release(serving, "one - webmaster@localhost")
    wait_until(lambda: len(_workers(serving)) == 1, lambda: f"one worker, found {_workers(serving)}")


def _workers(site: ReleaseSite) -> list[int]:
    children = site.machine.succeed("cat", f"/proc/{site.main_pid}/task/{site.main_pid}/children").split()
    return [int(child) for child in children]


def _break(site: ReleaseSite, what: str) -> str:
    """Put something in place that cannot be served; returns what has to be said about it."""
    if what == "settings":
        site.configure(BROKEN)
        return WHY
    if what == "code":
        site.machine.path(FAILS).touch()
        site.replace(site.two)
        return "RuntimeError: release two is broken"
    site.forget_the_other()
    cut = site.two.with_name("cut")
    cut.write_bytes(site.two.read_bytes()[: 1 << 20])
    site.replace(cut)
    return "damaged"


@pytest.mark.parametrize("what", ["settings", "code", "file"])
def test_systemctl_reload_fails_on_what_cannot_be_served_and_the_old_goes_on(serving: ReleaseSite, what: str) -> None:
    main_pid, workers = serving.main_pid, _workers(serving)
    why = _break(serving, what)
    assert serving.machine.run("systemctl", "reload", serving.unit).returncode == 1
    wait_until(lambda: why in serving.errors(), serving.journal)
    assert (serving.show("ActiveState"), serving.main_pid, _workers(serving)) == ("active", main_pid, workers)
    assert serving.shows() == ONE


def test_the_exit_code_of_a_reload_is_the_truth_also_where_the_settings_are_a_credential(site: ReleaseSite) -> None:
    hide_settings(site)
    check_reloads(site)


@pytest.mark.parametrize("what", ["settings", "code", "file"])
def test_a_signal_to_reload_what_cannot_be_served_is_refused_and_the_old_goes_on(
    serving: ReleaseSite, what: str
) -> None:
    main_pid, workers = serving.main_pid, _workers(serving)
    why = _break(serving, what)
    serving.send(signal.SIGHUP)
    _wait_for_refusal(serving)
    serving.wait_for_log(why)
    serving.wait_for_state("active")
    assert (serving.main_pid, _workers(serving), serving.shows()) == (main_pid, workers, ONE)


def _wait_for_refusal(site: ReleaseSite) -> None:
    wait_until(lambda: "reload refused" in site.show("StatusText"), site.journal)


def test_after_a_refusal_the_next_reload_is_as_good_as_any(serving: ReleaseSite) -> None:
    serving.configure(BROKEN)
    serving.send(signal.SIGHUP)
    _wait_for_refusal(serving)
    serving.configure(SETTINGS)
    serving.replace(serving.two)
    reload(serving, "systemctl reload")
    wait_for_release(serving, TWO)
    assert "refused" not in serving.show("StatusText")


def test_the_old_release_answers_while_the_new_one_is_tried(serving: ReleaseSite) -> None:
    serving.replace(serving.two)
    serving.machine.path(HOLD).touch()
    serving.send(signal.SIGHUP)
    wait_until(serving.machine.path(LOADING).exists, serving.journal)
    serving.wait_for_state("reloading")
    assert serving.shows() == ONE
    serving.machine.path(HOLD).unlink()
    wait_for_release(serving, TWO)
    serving.wait_for_state("active")


def test_a_start_ends_no_sooner_than_a_worker_has_loaded_the_site(site: ReleaseSite) -> None:
    site.machine.path(HOLD).touch()
    with ThreadPoolExecutor() as pool:
        start = pool.submit(site.machine.run, "systemctl", "start", site.unit)
        wait_until(site.machine.path(LOADING).exists, site.journal)
        assert site.show("ActiveState") == "activating"
        assert "READY=1" not in site.messages()
        site.machine.path(HOLD).unlink()
        assert start.result().returncode == 0
    site.wait_for_message("READY=1")


def test_systemd_is_told_when_a_reload_begins_and_when_it_ends(serving: ReleaseSite) -> None:
    before = _uptime_seconds(serving)
    serving.send(signal.SIGHUP)
    serving.wait_for_message("READY=1", 2)
    told = [message for message in serving.messages() if re.match("READY|RELOADING|MONOTONIC", message)]
    assert [message.partition("=")[0] for message in told] == ["READY", "RELOADING", "MONOTONIC_USEC", "READY"]
    said = int(told[2].partition("=")[2]) / 1e6
    assert before - 1 < said < _uptime_seconds(serving) + 1


def _uptime_seconds(site: ReleaseSite) -> float:
    return float(site.machine.succeed("cat", "/proc/uptime").split()[0])


def test_reloads_leave_no_descriptors_behind(serving: ReleaseSite) -> None:
    def descriptors() -> int:
        return len(os.listdir(serving.machine.path(f"/proc/{serving.main_pid}/fd")))

    counts = []
    for number in range(2, 6):
        serving.send(signal.SIGHUP)
        serving.wait_for_message("READY=1", number)
        wait_until(lambda: len(_workers(serving)) == 2, serving.journal)
        counts.append(descriptors())
    wait_until(lambda: descriptors() <= min(counts), f"as few descriptors as there were: {counts}")


def test_a_healthy_site_with_nothing_to_do_is_left_alone_by_the_watchdog(site: ReleaseSite) -> None:
    site.drop_in(WATCHDOG)
    site.systemctl("start")
    main_pid, end = site.main_pid, time.monotonic() + 2 * WATCHDOG_SECONDS
    wait_until(lambda: time.monotonic() > end, f"{end}")
    site.wait_for_message("WATCHDOG=1")
    assert (site.main_pid, site.show("NRestarts")) == (main_pid, "0")


def test_the_watchdog_restarts_a_site_whose_master_is_stopped(site: ReleaseSite) -> None:
    site.drop_in(WATCHDOG)
    site.systemctl("start")
    main_pid = site.main_pid
    site.send(signal.SIGSTOP)
    wait_until(lambda: site.show("NRestarts") == "1", site.journal)
    site.wait_for_state("active")
    site.wait_for_log("Watchdog timeout")
    assert site.main_pid != main_pid
    assert site.shows() == ONE


def test_a_site_whose_workers_all_hang_gets_others_and_goes_on(site: ReleaseSite) -> None:
    site.drop_in(WATCHDOG)
    site.configure(SETTINGS.replace("workers = 2", f"workers = 1\ntimeout = {WATCHDOG_SECONDS}"))
    site.systemctl("start")
    main_pid = site.main_pid
    with ThreadPoolExecutor() as pool:
        hanging = pool.submit(site.get, "/hang/")
        site.wait_for_log("WORKER TIMEOUT")
        assert site.shows() == ONE
        assert hanging.exception() is not None
    assert (site.main_pid, site.show("NRestarts")) == (main_pid, "0")
