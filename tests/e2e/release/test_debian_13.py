"""`pyz install --system` on a bare Debian 13."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.release.installed import SERVICES, UNITS, BareMachine
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system

pytestmark = CAN_BOOT


def test_one_command_leads_to_a_page_again_changes_nothing_and_a_purge_leaves_nothing(flat: Path) -> None:
    with booted(root_file_system("trixie")) as machine:
        bare = BareMachine(machine, flat)
        host = "--set=settings.ALLOWED_HOSTS=shop.example.org"
        assert "is in place" not in bare.install(host, *SERVICES)
        assert bare.status("http://127.0.0.1:8000/", "shop.example.org") == 200
        before = bare.state()
        again = bare.install(host).splitlines()[:-2]
        assert [line for line in again if not line.endswith((": is in place", ": is ready"))] == []
        assert bare.state() == before
        web, worker, timer = ("flat.service", "flat-shell.service", "flat-check.service")
        units = (web, worker, timer, "flat.socket", "flat.target", "flat-check.timer")
        done = machine.run("systemd-analyze", "verify", *(f"{UNITS}/{unit}" for unit in units))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert machine.badly_confined(web, worker, timer) == []
        titles = ["flat: master", "flat: worker 1", "flat: worker 2"]
        bare.shows({web: titles, worker: ["/usr/bin/flat pyz service shell"]})
        assert len(machine.succeed("pidof", "flat").split()) == 4
        bare.purge()
        assert bare.there() == []
