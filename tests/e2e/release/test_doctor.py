"""`pyz doctor` on a booted machine: one thing after the other is broken for real, and mended as the cure says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.e2e.release.cures import Told, follow
from tests.e2e.release.ills import ILL, Clinic
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


@pytest.mark.parametrize(("check", "says", "breaks"), ILL, ids=[f"{check}: {says}" for check, says, _ in ILL])
def test_what_is_broken_is_found_and_mended_as_the_cure_says(
    check: str, says: str, breaks: Callable[[Clinic], object], clinic: Clinic
) -> None:
    breaks(clinic)
    told = clinic.says(check)
    assert says in told.text, told.text
    for finding in told.findings:
        follow(finding["cure"], clinic.bare.run, clinic.path)
    assert clinic.says(check) == Told(0, [])
