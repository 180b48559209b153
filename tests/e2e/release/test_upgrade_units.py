"""Units, services and their tasks on a booted Debian 12, from one release to another, and back."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.redis_server import redis_in
from tests.e2e.release.installed import FILE, NEWER, UNITS, BareMachine
from tests.e2e.release.upgrading import build_of, killing
from tests.e2e.systemd.booted import CAN_BOOT, booted
from tests.e2e.systemd.booted_roots import root_file_system
from tests.waiting import wait_until

pytestmark = [CAN_BOOT, pytest.mark.needs("redis-server", "strace")]
DATA = "/var/lib/workers"
COMPLETION = "/usr/share/bash-completion/completions/workers"
ROUNDS = int(os.environ.get("ROUNDS", "2"))
STALE = "workers-remove_stale_contenttypes-no-input.timer"
FIRST, SECOND = ("workers-huey.service",), ("workers-mail.service", "workers-check-fail-level-ERROR.timer")
DAILY, WEEKLY = "*-*-* 00:00:00", "Mon *-*-* 00:00:00"
START = "from shop.tasks import hold; hold.delay({0!r}, {1!r})"


class Site:
    """The machine, with the first release installed at first."""

    def __init__(self, machine: BareMachine, redis: str) -> None:
        self.booted = machine.booted
        self.gate = self.booted.path(f"{DATA}/gate")
        machine.install(f"--set=env.REDIS_URL={redis}", f"--set=env.RQ_REDIS_URL={redis}")
        os.mkfifo(self.gate)
        self.gate.chmod(0o666)

    def succeed(self, *command: str) -> str:
        return self.booted.succeed(*command)

    def start_task(self, name: str) -> None:
        """Have a task started that goes on until `end_task`."""
        user = ("setpriv", "--reuid=workers", "--regid=workers", "--clear-groups")
        places = (f"HOME={DATA}", f"STATE_DIRECTORY={DATA}")
        code = START.format(f"{DATA}/{name}", f"{DATA}/gate")
        self.succeed(*user, "env", *places, "/usr/bin/workers", "shell", "-v", "0", "-c", code)

    def wait_for_task(self, name: str) -> None:
        wait_until(self.booted.path(f"{DATA}/{name}").exists, f"{name} runs")

    def end_task(self, name: str) -> str:
        """Have a task ended, and return which code it was."""
        self.wait_for_task(name)
        self.gate.write_text("done")
        file = self.booted.path(f"{DATA}/{name}")
        wait_until(lambda: bool(file.read_text()), f"{name} has ended")
        return file.read_text()

    def status(self) -> str:
        return self.booted.run("workers", "pyz", "status").stdout

    def is_active(self, *units: str) -> list[bool]:
        return [self.booted.run("systemctl", "is-active", "--quiet", unit).returncode == 0 for unit in units]

    def check_units(self, there: tuple[str, ...], gone: tuple[str, ...], often: str) -> None:
        """The units are those of a release, enabled and active, and nothing is left of those of the other one."""
        assert self.is_active(*there) == [True] * len(there)
        for unit in there:
            assert self.succeed("systemctl", "is-enabled", unit) == "enabled\n"
        for unit in gone:
            assert self.booted.run("systemctl", "is-active", unit).stdout in ("inactive\n", "failed\n")
            assert "could not be found" in self.booted.run("systemctl", "status", unit).stderr
            assert self.succeed("find", "/etc/systemd", UNITS, "-name", f"{unit}") == ""
        assert f"OnCalendar={often} ;" in self.succeed("systemctl", "show", "--property=TimersCalendar", STALE)
        assert self.is_active(STALE) == [True]

    def kill(self, moment: int, *command: str) -> str:
        """Kill an upgrade, and return the step that it has written down."""
        done = self.booted.run(*command, within=killing(moment, "-f"))
        assert done.returncode == 137 or done.returncode == -9, f"{done.stdout}\n{done.stderr}"
        said = self.status()
        step = re.search(r": interrupted at (\w+);", said)
        command_after = re.search("Continue with: `(.*?)`", said)
        assert step, said
        assert command_after, said
        self.succeed(*shlex.split(command_after[1]))
        return step[1]


@pytest.fixture(scope="module")
def site(workers: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with booted(root_file_system("bookworm")) as made, redis_in(made.leader, tmp_path_factory.mktemp("redis")) as url:
        yield Site(BareMachine(made, *workers), url)


def test_a_task_ends_in_the_old_code_and_the_next_one_runs_in_the_new(site: Site) -> None:
    for number in range(ROUNDS):
        goes_back = number % 2
        old, new = ("the second", "the first") if goes_back else ("the first", "the second")
        site.start_task(f"long-{number}")
        site.wait_for_task(f"long-{number}")
        said = site.succeed(*(("workers", "pyz", "rollback") if goes_back else (NEWER, "pyz", "upgrade")))
        [services] = re.findall("^services: (.*)$", said, re.MULTILINE)
        assert "workers-worker.service restarted" in services
        assert re.search(r"^worker .* OLD CODE$", site.status(), re.MULTILINE)
        assert ": it ends after its tasks, then workers-worker.service runs this release\n" in site.status()
        site.start_task(f"next-{number}")
        assert not site.booted.path(f"{DATA}/next-{number}").exists()
        assert site.end_task(f"long-{number}") == f"done in {old}"
        assert site.end_task(f"next-{number}") == f"done in {new}"
        site.check_units(*((FIRST, SECOND, DAILY) if goes_back else (SECOND, FIRST, WEEKLY)))
        roles = set(re.findall(r"^(\w+) +\S", site.status(), re.MULTILINE))
        assert {"web", "worker", "beat", "rq"} <= roles
    if ROUNDS % 2:
        site.succeed("workers", "pyz", "rollback")
    site.check_units(FIRST, SECOND, DAILY)


@pytest.mark.long
def test_a_kill_between_units_and_services_changes_nothing_of_that(site: Site) -> None:
    assert site.kill(14, NEWER, "pyz", "upgrade") in ("ready", "units")
    site.check_units(SECOND, FIRST, WEEKLY)
    assert site.kill(12, "workers", "pyz", "rollback") == "units"
    site.check_units(FIRST, SECOND, DAILY)


@pytest.mark.long
def test_what_was_changed_or_switched_off_by_hand_stays_so(site: Site) -> None:
    beat, rq = (site.booted.path(f"{UNITS}/workers-{name}.service") for name in ("beat", "rq"))
    before = beat.read_text()
    beat.write_text(before.replace("RestartSec=5", "RestartSec=7"))
    site.succeed("systemctl", "disable", "--now", rq.name)
    completion, page = (site.booted.path(place) for place in (COMPLETION, "/usr/share/man/man1/workers.1.gz"))
    written = completion.read_text()
    completion.write_text(f"{written}# Mine.\n")
    page.unlink()
    said = site.succeed(NEWER, "pyz", "upgrade")
    assert f"{COMPLETION}: kept, because it was changed" in said
    assert (completion.read_text(), page.exists()) == (f"{written}# Mine.\n", True)
    assert f"{UNITS}/{beat.name}: kept, because it was changed" in said
    assert "RestartSec=7" in beat.read_text()
    assert site.is_active(rq.name) == [False]
    site.succeed("workers", "pyz", "rollback")
    assert site.is_active(rq.name, beat.name) == [False, True]
    site.succeed(FILE, "pyz", "install", "--system")
    assert (beat.read_text(), completion.read_text()) == (before, written)


def test_a_release_that_is_not_ready_in_time_changes_nothing(site: Site, workers: tuple[Path, Path]) -> None:
    settings = site.booted.path("/etc/workers/settings.ini")
    before = settings.read_text()
    settings.write_text(before.replace("\nRQ_REDIS_URL", "\nTROUBLE = ready\nRQ_REDIS_URL"))
    units = site.succeed("sha256sum", *sorted(f"{UNITS}/{path.name}" for path in site.booted.path(UNITS).glob("work*")))
    done = site.booted.run(NEWER, "pyz", "upgrade", "--timeout", "1")
    settings.write_text(before)
    assert (done.returncode, "the step 'ready' failed" in done.stderr) == (2, True), done.stderr
    assert f"after 1 s release {build_of(workers[1])[:12]} answers with 503 at /run/workers.sock/-/ready" in done.stderr
    assert f"({build_of(workers[0])[:12]}) is active, and nothing has changed\n" in done.stderr
    assert build_of(site.booted.path("/usr/bin/workers")) == build_of(workers[0])
    assert "OLD CODE" not in site.status()
    assert units == site.succeed("sha256sum", *re.findall(r"\S+$", units, re.MULTILINE))
    left = {path.name for path in site.booted.path("/usr/lib/workers/releases").iterdir()}
    assert build_of(workers[0]) in left
