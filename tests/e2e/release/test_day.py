"""The day of a site that docs/how-to/deploy.md shows: its commands, letter by letter, on a bare Debian 12."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.documents import DEPLOY, steps
from tests.e2e.corpus.sources import Source
from tests.e2e.release.conftest import NEWER_PAGE, build_with
from tests.e2e.systemd.booted import CAN_BOOT, Booted, booted
from tests.e2e.systemd.booted_roots import root_file_system, suite_of_this_python
from tests.waiting import wait_until

PAGE = DEPLOY.read_text(encoding="utf-8")
FILE = "/root/project-script.pyz"
HOST = "www.example.org"
DATABASE = "/var/lib/project/db.sqlite3"
ASK = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as database:
    print(database.execute(sys.argv[2]).fetchall())
"""
TOLD = r"(\d+) command leads to a page \(16 by hand\), (\d+) to each upgrade and (\d+) to each rollback\."


class Day:
    """The machine on which it is.

    Args:
        machine: it.
    """

    def __init__(self, machine: Booted) -> None:
        self.machine = machine
        self._url = ""

    def bring(self, bundle: Path) -> None:
        """Put a file where the page has it."""
        place = self.machine.path(FILE)
        shutil.copyfile(bundle, place)
        place.chmod(0o755)

    def run(self, commands: list[str]) -> str:
        """Type commands in root's home, each of which must end well; what they print."""
        said = "".join(self.machine.succeed("sh", "-c", f"cd /root\n{command}") for command in commands)
        self._url = next(iter(re.findall(r"^project is at (\S+)$", said, re.MULTILINE)), self._url)
        return said

    def page(self, path: str = "") -> int:
        """The status of a page where the installation has said that the site is."""
        return self.machine.status(self._url + path, HOST)

    def ask(self, statement: str) -> str:
        """What the database says."""
        return self.machine.succeed("python3", "-c", ASK, DATABASE, statement).strip()


@pytest.fixture(scope="module")
def newer_sample(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's next release, with one more page."""
    scratch = tmp_path_factory.mktemp("newer-sample")
    build_with(checkout, scratch, Source("project", "tree", "src/project"), "myproj/urls.py", NEWER_PAGE)
    return scratch / "release"


def test_the_numbers_of_commands_are_true_and_small() -> None:
    [told] = re.findall(TOLD, " ".join(PAGE.split()))
    page, upgrade, rollback = (len(commands) for commands in steps(PAGE)[:3])
    assert told == (str(page), str(upgrade), str(rollback))
    assert (page <= 3, upgrade, rollback) == (True, 1, 1)


@CAN_BOOT
def test_each_command_does_what_it_is_for(sample_bundle: Path, newer_sample: Path) -> None:
    install, upgrade, roll_back, (back_up, *restore), change, look, end = steps(PAGE)
    with booted(root_file_system(suite_of_this_python())) as machine:
        day = Day(machine)
        day.bring(sample_bundle)
        day.run(install)
        assert (day.page(), day.page("newer/")) == (200, 404)
        day.bring(newer_sample)
        day.run(upgrade)
        assert (day.page(), day.page("newer/")) == (200, 200)
        day.run(roll_back)
        assert (day.page(), day.page("newer/")) == (200, 404)

        day.ask("INSERT INTO django_content_type (app_label, model) VALUES ('kept', 'kept')")
        day.run([back_up])
        day.ask("DELETE FROM django_content_type WHERE model = 'kept'")
        day.run(restore)
        assert day.ask("SELECT count(*) FROM django_content_type WHERE model = 'kept'") == "[(1,)]"
        assert day.page() == 200

        day.run(change)
        wait_until(lambda: ": 4 of 4 workers" in day.run(look), lambda: day.run(look))
        assert "OLD CODE" not in day.run(look)
        day.run(end)
        assert not machine.path("/usr/bin/project-script").exists()
        assert machine.path(DATABASE).exists()
        assert machine.path("/etc/project/settings.ini").exists()
