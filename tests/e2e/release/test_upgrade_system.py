"""`pyz upgrade` and `pyz rollback` of a site that systemd serves on a Debian 12."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.release.installed import NEWER, BareMachine
from tests.e2e.release.upgrading import build_of
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system

pytestmark = CAN_BOOT
HOST = "--set=settings.ALLOWED_HOSTS=shop.example.org"
PAGE = ("http://127.0.0.1:8000/newer/", "shop.example.org")


@pytest.fixture(scope="module")
def site(flat: Path, newer_flat: Path) -> Iterator[BareMachine]:
    """A machine with the older release installed."""
    with booted(root_file_system("bookworm")) as made:
        site = BareMachine(made, flat, newer_flat)
        site.install(HOST)
        yield site


def test_the_service_takes_the_release_and_goes_back(site: BareMachine, flat: Path, newer_flat: Path) -> None:
    main = site.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service")
    assert site.status(*PAGE) == 404
    said = site.booted.succeed(NEWER, "pyz", "upgrade")
    assert "\nready: /run/flat.sock/-/ready\n" in said
    assert site.status(*PAGE) == 200
    assert build_of(site.booted.path("/usr/bin/flat")) == build_of(newer_flat)
    assert site.booted.succeed("flat", "pyz", "status").count(build_of(newer_flat)[:12]) >= 2
    site.booted.succeed("flat", "pyz", "rollback")
    assert site.status(*PAGE) == 404
    assert build_of(site.booted.path("/usr/bin/flat")) == build_of(flat)
    assert site.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service") == main
    assert site.booted.succeed("find", "/var/lib/flat", "!", "-user", "flat") == ""
    again = site.install(HOST)
    assert "written" not in again


def test_the_configuration_of_the_service_is_what_a_release_is_checked_against(site: BareMachine, flat: Path) -> None:
    settings = site.booted.path("/etc/flat/settings.ini")
    before = settings.read_text()
    settings.write_text(before.replace("[settings]", "[settings]\nROOT_URLCONF = no_such_urls"))
    done = site.run(NEWER, "pyz", "upgrade")
    assert (done.returncode, "no_such_urls" in done.stderr) == (2, True), done.stderr
    assert "and nothing has changed\n" in done.stderr
    settings.write_text(before)
    assert build_of(site.booted.path("/usr/bin/flat")) == build_of(flat)
    assert site.status("http://127.0.0.1:8000/", "shop.example.org") == 200


def test_another_user_cannot_upgrade(site: BareMachine) -> None:
    done = site.run("setpriv", "--reuid=flat", "--regid=flat", "--clear-groups", "/usr/bin/flat", "pyz", "upgrade")
    assert done.returncode == 2
    assert "only root can do that" in done.stderr
