"""`pyz doctor` on a booted machine: one thing after the other is broken for real, and mended as the cure says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.release.cures import Told, follow
from tests.e2e.release.ills import WAVES, Clinic
from tests.e2e.release.installed import BareMachine
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system

pytestmark = CAN_BOOT


@pytest.fixture(scope="module")
def machine(flat: Path, newer_flat: Path) -> Iterator[Clinic]:
    with booted(root_file_system("bookworm")) as made:
        yield Clinic(BareMachine(made, flat, newer_flat))


@pytest.fixture
def clinic(machine: Clinic) -> Clinic:
    machine.reset()
    return machine


@pytest.mark.parametrize("wave", WAVES)
def test_what_is_broken_is_found_and_mended_as_the_cures_say(wave: str, clinic: Clinic) -> None:
    for ill in WAVES[wave]:
        ill.inflict(clinic)
    told = clinic.says()
    for ill in WAVES[wave]:
        said = [finding for finding in told.findings if finding["check"] == ill.check]
        assert any(ill.says in text for finding in said for text in finding.values()), f"{ill.check}: {said}"
    cures = [finding["cure"] for finding in told.findings if finding["cure"]]
    follow(cures, clinic.bare.run, clinic.path)
    assert clinic.says() == Told(0, [])


def test_who_serves_the_site_may_ask_and_others_are_told_who_may(clinic: Clinic) -> None:
    own = clinic.bare.run("runuser", "-u", "flat", "--", "flat", "pyz", "doctor")
    assert own.returncode == 0, own.stdout
    done = clinic.bare.run("runuser", "-u", "daemon", "--", "flat", "pyz", "doctor")
    assert (done.returncode, done.stderr) == (3, ""), done.stdout
    assert "configuration: /etc/flat/settings.ini: user daemon may not read it" in done.stdout
    assert "unknown  database-reachable: not looked at: the settings cannot be imported\n" in done.stdout
    assert "the check itself has failed" not in done.stdout
    [cure] = re.findall(r"user daemon may not read it.*\n +fix: as root: (.+)", done.stdout)
    assert clinic.bare.run("sh", "-c", cure).returncode == 0


def test_bad_input_is_told(clinic: Clinic) -> None:
    done = clinic.bare.run("flat", "pyz", "doctor", "unit-file")
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no check 'unit-file'\n" in done.stderr
    assert clinic.bare.run("flat", "pyz", "doctor", *re.findall(r"Did you mean (\S+)\?", done.stderr)).returncode == 0
