"""The sample under Debian 12's systemd, with the units that are shipped: start, refusals, confinement, stop."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.e2e.reload.load_client import Connection
from tests.e2e.systemd.booted import CAN_BOOT, Booted, booted
from tests.e2e.systemd.booted_roots import root_file_system, suite_of_this_python
from tests.e2e.systemd.booted_site import BootedSite
from tests.waiting import wait_until

pytestmark = CAN_BOOT


@pytest.fixture(scope="module")
def machine() -> Iterator[Booted]:
    """A booted machine."""
    with booted(root_file_system(suite_of_this_python())) as made:
        yield made


@pytest.fixture(scope="module")
def installed(machine: Booted, sample_bundle: Path) -> BootedSite:
    """The sample on it."""
    made = BootedSite(machine, "project", "project-script")
    made.set_up(sample_bundle)
    return made


@pytest.fixture
def site(installed: BootedSite) -> BootedSite:
    """The same, stopped, and as it was shipped."""
    installed.reset()
    return installed


def test_a_start_ends_when_the_site_answers(site: BootedSite) -> None:
    site.systemctl("start")
    assert site.show("ActiveState") == "active"
    assert site.get("/").status == 200
    assert site.get("/-/ready").text == "ok\n"


def test_the_first_connection_starts_it(site: BootedSite) -> None:
    site.machine.succeed("systemctl", "start", site.socket_unit)
    assert site.show("ActiveState") == "inactive"
    assert site.get("/").status == 200
    site.wait_for_state("active")


def test_a_stop_is_announced_and_leaves_nothing_running(site: BootedSite) -> None:
    site.systemctl("start")
    group = site.show("ControlGroup")
    site.systemctl("stop")
    assert (site.show("ActiveState"), site.show("Result"), site.show("ExecMainStatus")) == ("inactive", "success", "0")
    site.wait_for_message("STOPPING=1")
    wait_until(lambda: not site.machine.path(f"/sys/fs/cgroup{group}").exists(), f"{group} to be gone")


@pytest.mark.parametrize(
    ("settings", "code", "reason"),
    [
        ("[serve]\nworkers = many\n", "2", "[serve] workers: wanted auto or a whole number from 1, found 'many'"),
        ("[settings]\nROOT_URLCONF = nosuch\n", "1", "ModuleNotFoundError: No module named 'nosuch'"),
        (
            "[settings]\nDATABASES.default.NAME = /var/lib/project/no\n",
            "2",
            "the database /var/lib/project/no does not",
        ),
    ],
    ids=["configuration", "code", "database"],
)
def test_the_start_of_a_broken_site_fails_and_says_why(site: BootedSite, settings: str, code: str, reason: str) -> None:
    site.configure(settings)
    done = site.machine.run("systemctl", "start", site.unit)
    assert done.returncode == 1
    assert f"Job for {site.unit} failed" in done.stderr
    assert site.show("ExecMainStatus") == code
    site.wait_for_log(reason)
    assert "READY=1" not in site.messages()


def test_the_status_tells_workers_and_build(site: BootedSite) -> None:
    site.configure("[serve]\nworkers = 2\n")
    site.systemctl("start")
    [tree] = site.machine.path(site.cache).iterdir()
    wait_until(lambda: site.show("StatusText") == f"2 of 2 workers, release 1.0 ({tree.name[:12]})", site.journal)


def test_the_restrictions_of_the_unit_are_in_force(site: BootedSite) -> None:
    site.systemctl("start")
    status = site.machine.path(f"/proc/{site.main_pid}/status").read_text()
    found = dict(re.findall(r"(?m)^(Uid|NoNewPrivs|Seccomp|CapBnd|CapEff|Umask):\t(\S+)", status))
    uid = site.machine.succeed("id", "--user", site.name).strip()
    nothing = "0" * 16
    assert found == {
        "Umask": "0027",
        "Uid": uid,
        "CapEff": nothing,
        "CapBnd": nothing,
        "NoNewPrivs": "1",
        "Seccomp": "2",
    }


def test_it_writes_nowhere_but_to_its_own_places(site: BootedSite) -> None:
    site.machine.succeed("touch", "/root/before")
    site.systemctl("start")
    assert _submit(site) == 201
    site.systemctl("stop")
    find = "find / -xdev -newer /root/before -user project -not -path '/proc/*'"
    places = {line.partition("/project")[0] for line in site.machine.succeed("sh", "-c", find).splitlines()}
    assert places == {"/var/lib"}


def _submit(site: BootedSite) -> int:
    report = {
        "product": "Firefox",
        "version": "140.0",
        "signature": "OOM",
        "platform": "Linux",
        "time": datetime.now(UTC).isoformat(),
    }
    connection = Connection(site.address)
    connection.request("POST", "/submit/", json.dumps(report), {"Content-Type": "application/json"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_the_code_that_the_service_unpacked_is_trusted_and_used_again(site: BootedSite) -> None:
    cache = site.machine.path(site.cache)
    site.systemctl("start")
    [tree] = cache.iterdir()
    made = tree.stat().st_ino
    site.systemctl("restart")
    assert site.code.startswith(f"{site.cache}/{tree.name}/")
    assert [path.stat().st_ino for path in cache.iterdir()] == [made]


def test_the_code_that_was_installed_is_used(site: BootedSite) -> None:
    site.machine.succeed(site.program, "pyz", "install")
    try:
        site.systemctl("start")
        assert site.code.startswith("/usr/lib/project/releases/")
        assert site.get("/").status == 200
    finally:
        site.machine.succeed("rm", "--recursive", "/usr/lib/project")


def test_systemd_has_nothing_to_say_about_the_units(site: BootedSite) -> None:
    units = [f"/etc/systemd/system/{unit}" for unit in (site.unit, site.socket_unit)]
    done = site.machine.run("systemd-analyze", "verify", *units)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_systemd_finds_the_running_service_well_confined(site: BootedSite) -> None:
    assert site.machine.badly_confined(site.unit) == []


def test_a_user_made_for_the_service_alone_and_a_credential_do(site: BootedSite) -> None:
    """With DynamicUser=, nothing but the credential tells the secret key."""
    site.machine.path("/etc/project/key").write_text("a key that is long enough to be one: 0123456789 0123456789")
    site.machine.path("/etc/project/key").chmod(0o600)
    site.configure("[settings]\nSECRET_KEY@credential = secret_key\nDATABASES.default.NAME = site.sqlite3\n")
    site.machine.path(site.settings).chmod(0o644)
    lines = ("User=strange", "DynamicUser=yes", "StateDirectory=strange", "CacheDirectory=strange")
    credential = "LoadCredential=secret_key:/etc/project/key"
    migrate = "ExecStartPre=/usr/bin/project-script migrate --verbosity 0"
    start = "\n".join(["[Service]", "Group=", "StateDirectory=", "CacheDirectory=", *lines, migrate])
    site.drop_in(f"{start}\n")
    assert site.machine.run("systemctl", "start", site.unit).returncode == 1
    site.wait_for_log("secret_key")
    # systemd would else go on starting it as it was.
    site.systemctl("stop")
    site.drop_in(f"{start}\n{credential}\n")
    site.machine.run("systemctl", "reset-failed", site.unit)
    site.systemctl("start")
    assert site.get("/").status == 200
    assert site.machine.path("/var/lib/private/strange/site.sqlite3").is_file()
