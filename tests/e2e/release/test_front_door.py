"""The README's way from one's own project to a served site: its commands, letter by letter, and what they print."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.release.own_project import NAME, OwnProject, build_command, host_commands, run_on_host
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system, suite_of_this_python

HOST = "shop.example.org"


@pytest.fixture(scope="module")
def own_project(tmp_path_factory: pytest.TempPathFactory, checkout: Path) -> OwnProject:
    """The project."""
    return OwnProject(tmp_path_factory.mktemp("own-project"), checkout)


@CAN_BOOT
def test_three_commands_lead_to_a_page_and_to_its_next_release(own_project: OwnProject) -> None:
    install, upgrade = host_commands()
    first, said = own_project.build()
    assert build_command().missing_from(said) == [], said
    own_project.write_next_release()
    second, _ = own_project.build()
    with booted(root_file_system(suite_of_this_python())) as machine:
        said = run_on_host(machine, first, install)
        assert install.missing_from(said) == [], said
        login, newer = (f"http://127.0.0.1:8000/{page}/" for page in ("admin/login", "newer"))
        assert (machine.status(login, HOST), machine.status(newer, HOST)) == (200, 404)
        said = run_on_host(machine, second, upgrade)
        assert upgrade.missing_from(said) == [], said
        assert (machine.status(login, HOST), machine.status(newer, HOST)) == (200, 200)
        assert machine.path(f"/usr/bin/{NAME}").exists()
