"""`pyz upgrade` and `pyz rollback`: one command from a release to another, or everything as it was before."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import Server
from tests.e2e.release.tea_shop import FILES, NEWER
from tests.e2e.release.upgrading import Installation, build_of
from tests.e2e.reload.releases import BROKEN, build
from tests.waiting import wait_until

STEPS = ("keep", "check", "migrations", "backup", "migrate", "switch", "reload", "ready", "prune")
MIGRATION = "shop.0002_tea_origin"
FAILS = NEWER["shop/migrations/0002_tea_origin.py"].replace(
    "operations = [", "operations = [migrations.RunPython(lambda apps, editor: 1 / 0), "
)


@pytest.fixture
def installed(tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path) -> Installation:
    """The older release, installed, with its database."""
    return Installation(tmp_path, tea[0], shared_cache)


@pytest.fixture(scope="module")
def broken_urls(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose urls.py cannot be imported."""
    return build(checkout, tmp_path_factory.mktemp("urls"), "broken", **{**FILES, **NEWER, "shop/urls.py": BROKEN})


@pytest.fixture(scope="module")
def broken_migration(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release with two migrations, the second of which fails."""
    second = FAILS.replace("0001_initial", "0002_tea_origin").replace('"origin"', '"other"')
    files = {**FILES, **NEWER, "shop/migrations/0003_fails.py": second}
    return build(checkout, tmp_path_factory.mktemp("migration"), "failing", **files)


def answer(server: Server) -> str:
    """Which release answers."""
    return server.get("/").text.partition(" ")[0]


def test_one_command_upgrades_and_another_one_goes_back(tea: tuple[Path, Path], installed: Installation) -> None:
    older, newer = map(build_of, tea)
    with installed.machine.serving() as server:
        assert answer(server) == "older"
        said = installed.succeed(tea[1], "upgrade")
        steps = [line.partition(":")[0] for line in said.splitlines()]
        assert steps == ["keep", "check", "migrations", "backup", "migrate", "switch", "reload"]
        wait_until(lambda: answer(server) == "newer", lambda: server.said)
        assert installed.in_force() == newer
        assert installed.kept() == {older, newer}
        facts = json.loads((installed.releases / newer / "release.json").read_text())
        assert (facts["build"], facts["source"]) == (newer, str(tea[1]))
        backup = re.search("^backup: (.*)$", said, re.MULTILINE)
        assert backup
        assert Path(backup[1]).is_file()
        assert not installed.journal.exists()
        again = installed.succeed(tea[1], "upgrade").splitlines()
        assert "migrations: none to be applied" in again
        assert not any(line.startswith("backup") for line in again)

        refused = installed.refusal(installed.program, "rollback")
        assert f"The database is ahead by: {MIGRATION}" in refused
        assert f"{newer[:12]} is in force, and everything is as it was before" in refused
        assert installed.in_force() == newer
        command = re.search("undo them with it: `(.*?)`", refused)
        assert command, refused
        subprocess.run(shlex.split(command[1]), check=True, env=installed.machine.environment, capture_output=True)
        installed.succeed(installed.program, "rollback")
        wait_until(lambda: answer(server) == "older", lambda: server.said)
        assert installed.in_force() == older
        assert "no release before the one in force is kept" in installed.refusal(installed.program, "rollback")

        installed.succeed(tea[1], "upgrade", "--no-backup")
        said = installed.succeed(installed.program, "rollback", older[:8], "--migrate-back")
        assert f"migrate back: {MIGRATION} undone\n" in said
        wait_until(lambda: answer(server) == "older", lambda: server.said)


def check_nothing_has_changed(installed: Installation, file: Path, reason: str, build: str) -> None:
    """Upgrade in vain while the site is served."""
    with installed.machine.serving() as server:
        refused = installed.refusal(file, "upgrade")
        assert reason in refused
        assert answer(server) == "older"
    assert installed.in_force() == build
    assert not installed.journal.exists()
    assert [path.name for path in installed.releases.iterdir() if not path.name.startswith(".")] == [build]
    installed.machine.succeed("runserve", "--check")


def test_a_release_whose_urls_fail_changes_nothing(
    tea: tuple[Path, Path], installed: Installation, broken_urls: Path
) -> None:
    check_nothing_has_changed(installed, broken_urls, "no_such_module", build_of(tea[0]))


def test_a_damaged_file_changes_nothing(tea: tuple[Path, Path], installed: Installation, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged"
    content = bytearray(tea[1].read_bytes())
    content[-100_000] ^= 1
    damaged.write_bytes(content)
    damaged.chmod(0o755)
    check_nothing_has_changed(installed, damaged, "damaged", build_of(tea[0]))


def test_a_backup_that_cannot_be_written_changes_nothing(tea: tuple[Path, Path], installed: Installation) -> None:
    (installed.machine.data / "backups").write_text("in the way")
    check_nothing_has_changed(installed, tea[1], "the step 'backup' failed", build_of(tea[0]))


def test_a_migration_that_fails_is_told_with_what_was_applied_and_the_way_back(
    tea: tuple[Path, Path], installed: Installation, broken_migration: Path
) -> None:
    with installed.machine.serving() as server:
        refused = installed.refusal(broken_migration, "upgrade")
        assert "the step 'migrate' failed" in refused
        assert f"{build_of(tea[0])[:12]} is in force\n" in refused
        assert f"The database has these migrations of {build_of(broken_migration)[:12]}: {MIGRATION}." in refused
        assert answer(server) == "older"
        status = installed.machine.run("pyz", "status")
        assert status.returncode == 3
        assert "went back from the step migrate; " in status.stdout
    command = re.search("as it was before: `(.*?)`", refused)
    assert command
    subprocess.run(shlex.split(command[1]), check=True, env=installed.machine.environment, capture_output=True)
    installed.machine.succeed("runserve", "--check")


def test_a_second_upgrade_at_the_same_time_is_refused(tea: tuple[Path, Path], installed: Installation) -> None:
    lock = ["flock", str(installed.releases), "sh", "-c", "echo locked; read line"]
    with subprocess.Popen(lock, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == "locked\n"
        assert "another upgrade or rollback of shop is under way" in installed.refusal(tea[1], "upgrade")
        holder.communicate("\n")
    assert installed.in_force() == build_of(tea[0])


@pytest.mark.parametrize("step", ["backup", "migrate", "switch"])
def test_after_a_kill_status_names_the_command_that_goes_on(
    tea: tuple[Path, Path], installed: Installation, step: str
) -> None:
    older, newer = map(build_of, tea)

    def reached() -> str:
        """The step that is written down, once it is the wanted one or a later one: some take no time."""
        if not installed.journal.exists():
            return ""
        found: str = json.loads(installed.journal.read_text())["step"]
        return found if STEPS.index(found) >= STEPS.index(step) else ""

    with installed.machine.serving() as server:
        with subprocess.Popen(
            installed.command(tea[1], "upgrade"), env=installed.machine.environment, stdout=subprocess.PIPE, text=True
        ) as process:
            wait_until(lambda: reached() or process.poll() is not None, step)
            process.kill()
        came_to = reached()
        assert came_to
        status = installed.machine.run("pyz", "status")
        in_force = installed.in_force()
        assert in_force in (older, newer)
        assert f"interrupted at {came_to}; {in_force[:12]} is in force" in status.stdout
        command = re.search("Go on: `(.*?)`", status.stdout)
        assert command
        done = subprocess.run(
            shlex.split(command[1]), env=installed.machine.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        wait_until(lambda: answer(server) == "newer", lambda: server.said)
    assert installed.in_force() == newer
    assert not installed.journal.exists()
    installed.machine.succeed("runserve", "--check")
