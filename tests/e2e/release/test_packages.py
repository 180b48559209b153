"""`django-pyz package`: what dpkg and rpm do with the packages, on machines that are booted."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import CHECKOUT
from tests.e2e.release.installed import NEWER, PLACES, SETTINGS, BareMachine
from tests.e2e.release.installed import UNITS as UNIT_FOLDER
from tests.e2e.release.upgrading import build_of
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system
from tests.waiting import wait_until

PAGE = ("http://127.0.0.1:8000/newer/", "localhost")
UNITS = ("flat.target", "flat.socket", "flat.service")
_BROKEN = "\nROOT_URLCONF = no_such_urls\n"
_ON_BOTH = pytest.mark.parametrize(
    "shared_machine", ["bookworm", pytest.param("trixie", marks=pytest.mark.long)], indirect=True
)
_ON_ONE = pytest.mark.parametrize("shared_machine", ["bookworm"], indirect=True)
_WITHOUT_SYSTEMD = "mount --bind /mnt /run/systemd && exec dpkg --install /root/older.deb"


class Packages(NamedTuple):
    """Packages of an older and a newer release."""

    older: dict[str, Path]
    newer: dict[str, Path]


@pytest.fixture(scope="session")
def packages(flat: Path, newer_flat: Path, tmp_path_factory: pytest.TempPathFactory) -> Packages:
    """Both, which have no version of their own: the revision counts."""
    made = []
    for revision, file in enumerate((flat, newer_flat), 1):
        folder = str(tmp_path_factory.mktemp("packages"))
        command = [sys.executable, "-m", "django_pyz", "package", str(file), "--deb", "--rpm", "-o", folder]
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(CHECKOUT / "src"), "HOME": folder}
        done = subprocess.run(
            [*command, "--revision", str(revision)], env=environment, check=True, capture_output=True, text=True
        )
        made.append({Path(line).suffix[1:]: Path(line) for line in done.stdout.splitlines()})
    return Packages(*made)


def _ask_rpm(package: Path, form: str) -> str:
    command = ["rpm", "--query", "--package", "--queryformat", form, str(package)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _unpack(package: Path, folder: Path) -> None:
    """Unpack an rpm below a folder, over what is there."""
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(["rpm2cpio", package], stdout=subprocess.PIPE) as unpacked:
        command = ["cpio", "--extract", "--make-directories", "--unconditional", "--quiet"]
        subprocess.run(command, cwd=folder, stdin=unpacked.stdout, check=True)


class PackagedMachine(BareMachine):
    """A machine that gets packages."""

    def dpkg(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run dpkg, to its end."""
        return self.run("dpkg", *arguments)

    def succeeds(self, *arguments: str) -> str:
        """The same, which must end well; what it says."""
        done = self.dpkg(*arguments)
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    def state(self) -> str:  # type: ignore[override]
        """What dpkg thinks of it, and its version."""
        return self.run("dpkg-query", "--show", "--showformat=${db:Status-Abbrev}${Version}", "flat").stdout

    def build(self) -> str:
        """The build id of the executable in force."""
        return build_of(self.booted.path("/usr/bin/flat"))

    def units(self, verb: str) -> list[str]:
        """What systemctl says of each unit."""
        return self.run("systemctl", verb, *UNITS).stdout.split()


@pytest.fixture(scope="module")
def shared_machine(
    request: pytest.FixtureRequest, flat: Path, newer_flat: Path, packages: Packages
) -> Iterator[PackagedMachine]:
    with booted(root_file_system(request.param)) as made:
        for name, release in (("older", packages.older), ("newer", packages.newer)):
            made.path(f"/root/{name}.deb").write_bytes(release["deb"].read_bytes())
        yield PackagedMachine(made, flat, newer_flat)


@pytest.fixture
def machine(shared_machine: PackagedMachine) -> Iterator[PackagedMachine]:
    """The machine, on which nothing is installed."""
    yield shared_machine
    shared_machine.dpkg("--purge", "flat")
    shared_machine.purge()
    shared_machine.run("rm", "--recursive", "--force", *PLACES)


@CAN_BOOT
@_ON_BOTH
def test_a_site_is_installed_upgraded_not_upgraded_removed_and_purged(
    machine: PackagedMachine, flat: Path, newer_flat: Path
) -> None:
    machine.succeeds("--install", "/root/older.deb")
    assert re.match(r"ii .+-1\.", machine.state())
    assert machine.status("http://127.0.0.1:8000/", "localhost") == 200
    assert (machine.units("is-enabled"), machine.units("is-active")) == (["enabled"] * 3, ["active"] * 3)
    modes = machine.booted.succeed("stat", "--format=%U:%G %a", SETTINGS, "/var/lib/flat", "/var/lib/flat/secret_key")
    assert modes == "root:flat 640\nflat:flat 750\nflat:flat 600\n"
    main = machine.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service")

    machine.succeeds("--install", "/root/newer.deb")
    assert re.match(r"ii .+-2\.", machine.state())
    assert (machine.status(*PAGE), machine.build()) == (200, build_of(newer_flat))
    assert machine.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service") == main

    # What dpkg is to install now cannot serve with the configuration as it is.
    settings = machine.booted.path(SETTINGS)
    before, is_there = settings.read_text(), machine.state()
    settings.write_text(before + _BROKEN)
    done = machine.dpkg("--install", "/root/older.deb")
    assert (done.returncode, "No module named 'no_such_urls'" in done.stderr) == (1, True), done.stderr
    assert "flat: this release was rejected: the previous one stays installed and active.\n" in done.stderr
    assert (machine.state(), machine.succeeds("--audit")) == (is_there, "")
    assert (machine.status(*PAGE), machine.build()) == (200, build_of(newer_flat))
    assert build_of(machine.booted.path("/usr/lib/flat/package/flat")) == build_of(newer_flat)
    assert settings.read_text() == before + _BROKEN
    settings.write_text(before)

    # Whoever has stopped it finds it stopped; where it listens is as it is configured.
    machine.booted.succeed("systemctl", "stop", "flat.target")
    machine.booted.succeed("systemctl", "disable", "flat.socket")
    settings.write_text(before + "\n[serve]\nbind = 127.0.0.1:8010\n")
    machine.succeeds("--install", "/root/older.deb")
    assert re.match(r"ii .+-1\.", machine.state())
    assert machine.build() == build_of(flat)
    assert machine.units("is-active") == ["inactive"] * 3
    assert machine.units("is-enabled") == ["enabled", "disabled", "enabled"]
    machine.booted.succeed("systemctl", "start", "flat.service")
    assert machine.status("http://127.0.0.1:8010/", "localhost") == 200

    machine.succeeds("--remove", "flat")
    assert machine.there() == [SETTINGS, "/var/lib/flat", "user"]
    assert machine.units("is-active") == ["inactive"] * 3
    machine.succeeds("--install", "/root/newer.deb")
    assert (machine.units("is-enabled"), machine.units("is-active")) == (["enabled"] * 3, ["active"] * 3)
    machine.succeeds("--purge", "flat")
    assert (machine.there(), machine.state()) == ([], "")
    assert machine.run("find", "/etc/systemd", "/run", "/var/lib/systemd", "-name", "*flat*").stdout == ""


@CAN_BOOT
@_ON_ONE
def test_nothing_is_done_where_something_foreign_is_in_the_way(machine: PackagedMachine) -> None:
    foreign = [machine.booted.path(place) for place in ("/usr/bin/flat", "/usr/lib/systemd/system/flat.socket")]
    for path in foreign:
        path.write_text("#!/bin/sh\n")
    done = machine.dpkg("--install", "/root/older.deb")
    assert done.returncode == 1
    assert (
        "/usr/lib/systemd/system/flat.socket /usr/bin/flat: exists and does not belong to the site flat" in done.stderr
    )
    assert machine.there() == ["/usr/bin/flat", "/usr/lib/systemd/system/flat.socket"]
    assert not machine.state().startswith("ii")


@CAN_BOOT
@_ON_ONE
def test_a_site_that_is_not_configured_yet_is_installed_and_waits(machine: PackagedMachine) -> None:
    settings = machine.booted.path(SETTINGS)
    settings.parent.mkdir()
    settings.write_text("[settings]\nDEBUG = maybe\n")
    said = machine.succeeds("--force-confold", "--install", "/root/older.deb")
    assert "[settings] DEBUG: wanted true or false, found 'maybe'\n" in said
    settings.write_text("")
    [step] = re.findall(r"^flat: Complete /etc/flat/settings.ini, then: (.+)$", said, re.MULTILINE)
    machine.booted.succeed(*shlex.split(step))
    assert machine.status("http://127.0.0.1:8000/", "localhost") == 200


@CAN_BOOT
@_ON_ONE
def test_where_systemd_does_not_run_all_is_put_in_place_for_when_it_does(machine: PackagedMachine) -> None:
    said = machine.booted.succeed("unshare", "--mount", "sh", "-c", _WITHOUT_SYSTEMD)
    assert (machine.units("is-enabled"), machine.units("is-active")) == (["enabled"] * 3, ["inactive"] * 3)
    [step] = re.findall(r"nothing was started\. On the running system: (.+)$", said, re.MULTILINE)
    machine.booted.succeed(*shlex.split(step))
    assert machine.status("http://127.0.0.1:8000/", "localhost") == 200
    machine.succeeds("--purge", "flat")
    assert machine.there() == []


@pytest.mark.long
@pytest.mark.needs("cpio", "rpm", "rpm2cpio")
@CAN_BOOT
@_ON_ONE
def test_the_scripts_of_the_rpm_do_the_same(
    machine: PackagedMachine, packages: Packages, flat: Path, newer_flat: Path
) -> None:
    """In the order of rpm, with the files unpacked as rpm does; rpm itself is not on a Debian machine."""

    def install(release: dict[str, Path], count: int) -> subprocess.CompletedProcess[str]:
        script(release, "PREIN", count)
        _unpack(release["rpm"], machine.booted.path("/"))
        return script(release, "POSTIN", count)

    def script(release: dict[str, Path], name: str, count: int) -> subprocess.CompletedProcess[str]:
        return machine.run("sh", "-c", _ask_rpm(release["rpm"], f"%{{{name}}}"), "sh", str(count))

    done = install(packages.older, 1)
    assert done.returncode == 0, done.stderr
    assert (machine.units("is-enabled"), machine.units("is-active")) == (["enabled"] * 3, ["active"] * 3)
    machine.booted.succeed("systemctl", "disable", "flat.socket")

    settings = machine.booted.path(SETTINGS)
    before = settings.read_text()
    settings.write_text(before + _BROKEN)
    script(packages.newer, "PREIN", 2)
    machine.booted.path(NEWER).rename(machine.booted.path("/usr/lib/flat/package/flat"))
    done = script(packages.newer, "POSTIN", 2)
    assert (done.returncode, machine.build()) == (1, build_of(flat))
    assert machine.status(*PAGE) == 404
    settings.write_text(before)
    [step] = re.findall(r"^flat: Mend that, then go on: (.+)$", done.stderr, re.MULTILINE)
    machine.booted.succeed(*shlex.split(step))
    assert (machine.status(*PAGE), machine.build()) == (200, build_of(newer_flat))
    assert machine.units("is-enabled") == ["enabled", "disabled", "enabled"]

    # A release with other units: one is changed, and restarted; one is gone, and stopped.
    units = machine.booted.path(UNIT_FOLDER)
    old = (units / "flat.target").read_text().replace("[Install]", "[Service]\nExecStart=sleep infinity\n\n[Install]")
    (units / "flat-old.service").write_text(old)
    (units / "flat.service").write_text((units / "flat.service").read_text() + "# before\n")
    machine.booted.succeed("systemctl", "daemon-reload")
    machine.booted.succeed("systemctl", "enable", "--now", "flat-old.service")
    main = machine.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service")
    script(packages.newer, "PREIN", 2)
    (units / "flat-old.service").unlink()
    _unpack(packages.newer["rpm"], machine.booted.path("/"))
    assert script(packages.newer, "POSTIN", 2).returncode == 0
    assert machine.booted.succeed("systemctl", "show", "--property=MainPID", "flat.service") != main
    wait_until(lambda: machine.run("systemctl", "is-active", "flat-old").stdout == "inactive\n", "it to be stopped")
    assert machine.run("find", "/etc/systemd", "-name", "flat-old*").stdout == ""
    assert machine.status(*PAGE) == 200

    script(packages.newer, "PREUN", 0)
    packaged = _ask_rpm(packages.newer["rpm"], "[%{FILENAMES}\n]").split()
    machine.run("rm", "--force", "--dir", *(place for place in reversed(packaged) if place != SETTINGS))
    script(packages.newer, "POSTUN", 0)
    assert machine.there() == [SETTINGS, "/var/lib/flat", "user"]
