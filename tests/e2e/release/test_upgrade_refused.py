"""An upgrade that cannot be: one message, and everything as it was before, with the site served all the time."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.database_servers import mariadb
from tests.e2e.faults.small_machines import as_root, mounted
from tests.e2e.harness import Server
from tests.e2e.release.upgrading import Installation, answer, build_of

MIGRATION = "shop.0002_tea_origin"


class Served:
    """The older release, installed and served."""

    def __init__(self, installed: Installation, server: Server) -> None:
        self.installed = installed
        self.server = server
        self.build = installed.in_force()

    def refuse(self, file: Path, step: str, reason: str, *options: str) -> str:
        """Upgrade in vain; everything is as it was before."""
        before = self.state()
        refused = self.installed.refusal(file, "upgrade", *options)
        assert reason in refused, refused
        if step:
            assert f"the step '{step}' failed:\n" in refused
            assert f"{self.build[:12]} is active" in refused
        assert self.state() == before
        return refused

    def state(self) -> object:
        """All that an upgrade could change."""
        installed = self.installed
        trees = sorted(path.name for path in installed.releases.iterdir())
        programs = sorted(path.name for path in installed.program.parent.iterdir())
        with sqlite3.connect(installed.machine.data / "db.sqlite3") as database:
            schema = database.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
        return installed.in_force(), trees, programs, schema, answer(self.server), installed.journal.exists()

    def configure(self, text: str) -> None:
        """Write a configuration, which has nothing to do with what is served."""
        self.installed.machine.configure(f"[serve]\nworkers = 1\n{text}")


@pytest.fixture(scope="module")
def site(tea: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Iterator[Served]:
    installed = Installation(tmp_path_factory.mktemp("refused"), tea[0], shared_cache)
    with installed.machine.serving() as server:
        yield Served(installed, server)


@pytest.fixture
def served(site: Served) -> Iterator[Served]:
    yield site
    site.configure("")
    shutil.rmtree(site.installed.machine.data / "backups", ignore_errors=True)


@pytest.mark.parametrize(
    ("trouble", "step"),
    [
        ("code", "check"),
        ("pages", "check"),
        ("migration", "migrate"),
        pytest.param("master", "reload", marks=pytest.mark.long),
    ],
)
def test_a_release_that_fails_changes_nothing(served: Served, troubled: Path, trouble: str, step: str) -> None:
    served.configure(f"[env]\nTROUBLE = {trouble}\n")
    refused = served.refuse(troubled, step, "/nowhere" if trouble == "master" else f"trouble with {trouble}")
    assert "Traceback" not in refused
    assert ("nothing has changed" in refused) == (step == "check")
    assert (f"Undone in the database: {MIGRATION}" in refused) == (step != "check")


def test_a_damaged_file_changes_nothing(served: Served, tea: tuple[Path, Path], tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    content = bytearray(tea[1].read_bytes())
    content[-100_000] ^= 1
    damaged.write_bytes(content)
    damaged.chmod(0o755)
    served.refuse(damaged, "", "damaged")


def test_a_file_for_another_python_changes_nothing(served: Served, tea: tuple[Path, Path]) -> None:
    """None is found of that version."""
    environment = served.installed.machine.environment
    path, environment["PATH"] = environment["PATH"], "/nowhere"
    try:
        served.refuse(tea[1], "", "wanted Python 3.")
    finally:
        environment["PATH"] = path


def test_a_backup_that_cannot_be_written_changes_nothing(served: Served, tea: tuple[Path, Path]) -> None:
    backups = served.installed.machine.data / "backups"
    backups.write_text("in the way")
    served.refuse(tea[1], "backup", f"{backups}: ")
    backups.unlink()


@as_root
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("size=4k", "database or disk is full"),
        pytest.param("nr_inodes=1", "no space left on device", marks=pytest.mark.long),
    ],
)
def test_no_room_for_the_backup_changes_nothing(
    served: Served, tea: tuple[Path, Path], options: str, reason: str
) -> None:
    backups = served.installed.machine.data / "backups"
    with mounted(backups, "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs"):
        served.refuse(tea[1], "backup", reason)
        assert not list(backups.iterdir())


@as_root
@pytest.mark.parametrize("room_mb", [4, pytest.param(24, marks=pytest.mark.long)])
def test_no_room_for_the_release_changes_nothing(served: Served, tea: tuple[Path, Path], room_mb: int) -> None:
    """Neither for its code, nor for its executable beside that."""
    releases = served.installed.releases
    used = int(subprocess.run(["du", "-sm", releases], check=True, capture_output=True, text=True).stdout.split()[0])
    aside = releases.with_name("aside")
    releases.rename(aside)
    try:
        with mounted(releases, "-t", "tmpfs", "-o", f"mode=0755,size={used + room_mb}m", "tmpfs"):
            shutil.copytree(aside, releases, symlinks=True, dirs_exist_ok=True)
            served.refuse(tea[1], "", "no space left on device")
    finally:
        releases.rmdir()
        aside.rename(releases)


def test_a_second_upgrade_at_the_same_time_is_refused(served: Served, tea: tuple[Path, Path]) -> None:
    lock = ["flock", str(served.installed.releases), "sh", "-c", "echo locked; read line"]
    with subprocess.Popen(lock, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "locked\n"
        served.refuse(tea[1], "", "another upgrade or rollback of shop is under way")
        holder.communicate("\n")


def test_what_cannot_be_undone_is_told_with_the_way_back(
    installed: Installation, tea: tuple[Path, Path], troubled: Path
) -> None:
    """The advice is taken: back, and on."""
    with installed.machine.serving() as server:
        installed.machine.configure("[env]\nTROUBLE = migration\nONE_WAY = 1\n")
        refused = installed.refusal(troubled, "upgrade")
        assert answer(server) == "older"
    assert "the step 'migrate' failed" in refused
    assert "Traceback" not in refused
    assert f"{build_of(tea[0])[:12]} is active\n" in refused
    assert f"migrations of {build_of(troubled)[:12]} are applied and cannot be undone: {MIGRATION}.\n" in refused
    status = installed.machine.run("pyz", "status")
    assert status.returncode == 3
    assert "went back after the step migrate failed; " in status.stdout
    installed.follow("restore the backup: `(.*?)`", refused)
    installed.machine.succeed("runserve", "--check")
    installed.machine.configure("")
    installed.follow("Continue with: `(.*?)`", status.stdout)
    assert installed.in_force() == build_of(troubled)
    assert not installed.journal.exists()


@pytest.mark.long
@pytest.mark.needs("mariadbd")
def test_what_mariadb_leaves_in_part_is_told_with_the_way_back(
    tea: tuple[Path, Path], troubled: Path, tmp_path: Path, shared_cache: Path
) -> None:
    """It does not take back what a failed migration has done to tables. The advice is taken: back, and on."""
    with mariadb("shop", "secret") as socket:
        settings = (
            "[settings]\nDATABASES.default = mysql://shop:secret@localhost/shop\n"
            f'DATABASES.default.OPTIONS = {{"unix_socket": "{socket}"}}\n'
        )
        installed = Installation(tmp_path, tea[0], shared_cache, text=settings)
        installed.machine.configure(f"{settings}[env]\nTROUBLE = migration\n")
        refused = installed.refusal(troubled, "upgrade")
        assert "the step 'migrate' failed" in refused
        assert f"{build_of(tea[0])[:12]} is active\n" in refused
        assert "May be partly applied (this database cannot roll it back): shop.0003_more.\n" in refused
        status = installed.machine.run("pyz", "status")
        assert "went back after the step migrate failed; " in status.stdout
        installed.follow("restore the backup: `(.*?)`", refused)
        installed.machine.succeed("runserve", "--check")
        installed.machine.configure(settings)
        installed.follow("Continue with: `(.*?)`", status.stdout)
        assert installed.in_force() == build_of(troubled)
        installed.machine.succeed("runserve", "--check")
