"""Debian 13: its systemd knows Type=notify-reload, and its Python is another than the bundle was built with."""

from __future__ import annotations

import pytest

from tests.e2e.systemd.booted import CAN_BOOT
from tests.e2e.systemd.booted_releases import SETTINGS, ReleaseSite
from tests.e2e.systemd.reload_truth import check_reloads, hide_settings

pytestmark = CAN_BOOT
SUITE = "trixie"

NOTIFY_RELOAD = "[Service]\nType=notify-reload\nExecReload=\n"


def test_the_units_as_shipped_are_fit_for_it(site: ReleaseSite) -> None:
    units = [f"/etc/systemd/system/{unit}" for unit in (site.unit, site.socket_unit)]
    done = site.machine.run("systemd-analyze", "verify", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert site.machine.badly_confined(site.unit) == []


def test_the_site_serves_with_all_restrictions(site: ReleaseSite) -> None:
    site.systemctl("start")
    assert site.get("/release/").text == "one hello a@example.org"
    assert site.get("/-/ready").text == "ok\n"
    site.systemctl("stop")
    assert (site.show("Result"), site.show("ExecMainStatus")) == ("success", "0")
    site.wait_for_message("STOPPING=1")


@pytest.mark.parametrize(
    "is_hidden", [pytest.param(False, marks=pytest.mark.long), True], ids=["as shipped", "with credentials"]
)
def test_the_exit_code_of_a_reload_is_the_truth(site: ReleaseSite, is_hidden: bool) -> None:
    if is_hidden:
        hide_settings(site)
    check_reloads(site)


def test_with_notify_reload_a_reload_ends_when_the_new_release_serves(site: ReleaseSite) -> None:
    site.drop_in(NOTIFY_RELOAD)
    site.systemctl("start")
    main_pid = site.main_pid
    site.replace(site.two)
    site.configure(SETTINGS.replace("hello", "bye"))
    site.systemctl("reload")
    assert {site.get("/release/").text for _ in range(10)} == {"two bye a@example.org"}
    assert (site.show("ActiveState"), site.main_pid) == ("active", main_pid)


def test_with_notify_reload_what_cannot_be_served_is_refused(site: ReleaseSite) -> None:
    site.drop_in(NOTIFY_RELOAD)
    site.systemctl("start")
    site.configure("[serve]\nworkers = many\n")
    site.machine.run("systemctl", "reload", site.unit)
    assert "reload refused" in site.show("StatusText")
    assert site.show("ActiveState") == "active"
    assert site.get("/release/").text == "one hello a@example.org"
