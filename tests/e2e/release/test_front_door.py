"""The README's way from one's own project to a served site: its commands, letter by letter, and what they print."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.release.own_project import take_the_way
from tests.e2e.systemd.booted import CAN_BOOT


@CAN_BOOT
def test_three_commands_lead_to_a_page_and_to_its_next_release(tmp_path: Path, checkout: Path) -> None:
    way = take_the_way(tmp_path, checkout)
    assert {command.line: missing for command, said in way.said if (missing := command.missing_from(said))} == {}
    assert (way.pages_of_first, way.pages_of_second) == ((200, 404), (200, 200))
