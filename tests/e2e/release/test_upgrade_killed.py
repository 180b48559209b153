"""An upgrade or rollback that is killed between any two steps, or by a power cut: `pyz status` names what goes on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import programs
from tests.e2e.harness import Server
from tests.e2e.release.upgrading import Installation, answer, build_of, killing
from tests.waiting import wait_until

pytestmark = pytest.mark.needs("strace")
STEPS = 10
"""Of an upgrade with migrations."""
MOMENTS: tuple[tuple[int, int], ...] = ((12, 9),)
"""Of an upgrade and of a rollback; all were tried by hand: EVERY_MOMENT=1."""
if "EVERY_MOMENT" in os.environ:
    MOMENTS = tuple((number, number) for number in range(1, 20))


def killed(installed: Installation, moment: int, file: Path, *arguments: str) -> bool:
    """Run a verb, and kill it at a moment; whether it got that far."""
    command = [*killing(moment), *installed.command(file, *arguments)]
    done = subprocess.run(command, env=installed.machine.environment, capture_output=True, text=True)
    assert done.returncode in (0, -9), f"{done.stdout}\n{done.stderr}"
    was_killed = done.returncode != 0
    assert was_killed or "EVERY_MOMENT" in os.environ
    return was_killed


def go_on(installed: Installation) -> bool:
    """Do literally what status says; whether it says anything."""
    status = installed.machine.run("pyz", "status")
    is_left = installed.journal.exists()
    if is_left:
        assert f"; {installed.in_force()[:12]} is active" in status.stdout
        installed.follow("Continue with: `(.*?)`", status.stdout)
    assert not installed.journal.exists()
    return is_left


@pytest.fixture(scope="module")
def site(tea: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Installation:
    return Installation(tmp_path_factory.mktemp("killed"), tea[0], shared_cache)


@pytest.fixture(scope="module")
def server(site: Installation) -> Iterator[Server]:
    with site.machine.serving() as server:
        yield server


@pytest.mark.parametrize(("moment", "moment_back"), MOMENTS)
def test_after_a_kill_status_names_the_command_that_goes_on(
    tea: tuple[Path, Path], site: Installation, server: Server, moment: int, moment_back: int
) -> None:
    older, newer = map(build_of, tea)
    killed(site, moment, tea[1], "upgrade")
    if not go_on(site):
        # Nothing was begun, or all was done.
        assert site.in_force() in (older, newer)
        site.succeed(tea[1], "upgrade")
    assert (site.in_force(), answer(server)) == (newer, "newer")
    site.machine.succeed("runserve", "--check")

    killed(site, moment_back, site.program, "rollback", "--migrate-back", "--pause")
    if not go_on(site) and site.in_force() == newer:
        site.succeed(site.program, "rollback", "--migrate-back", "--pause")
    assert (site.in_force(), answer(server)) == (older, "older")
    site.machine.succeed("runserve", "--check")
    left = [path.name for folder in (site.program.parent, site.journal.parent) for path in folder.glob(".*")]
    assert left == []


@pytest.mark.long
def test_after_a_kill_in_a_step_the_same_holds(tea: tuple[Path, Path], site: Installation, server: Server) -> None:
    """While it migrates, which a process of its own goes on with. And the way back needs no migrations."""
    with subprocess.Popen(
        site.command(tea[1], "upgrade"), env=site.machine.environment, stdout=subprocess.PIPE, text=True
    ) as process:
        wait_until(lambda: '"migrate"' in text(site.journal) or process.poll() is not None, "migrate")
        process.kill()
    go_on(site)
    assert (site.in_force(), answer(server)) == (build_of(tea[1]), "newer")
    site.machine.succeed("migrate", "shop", "0001")
    killed(site, 4, site.program, "rollback")
    go_on(site)
    assert (site.in_force(), answer(server)) == (build_of(tea[0]), "older")


def text(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def test_each_step_is_on_the_disk_before_the_next(tea: tuple[Path, Path], installed: Installation) -> None:
    """What a power cut leaves is what was there at some moment."""
    trace = installed.root / "trace"
    calls = "rename,renameat,renameat2,fsync,syncfs"
    strace = [shutil.which("strace", path=programs.SEARCH) or "", "-qq", "-y", "-e", "signal=none", "-o", str(trace)]
    command = [*strace, "-e", f"trace={calls}", *installed.command(tea[1], "upgrade")]
    subprocess.run(command, env=installed.machine.environment, check=True, capture_output=True)
    synced: set[str] = set()
    late: set[str] = set()
    renamed: list[str] = []
    for line in trace.read_text().splitlines():
        if done := re.match(r"(?:fsync|syncfs)\(\d+<(.*)>\)", line):
            synced.add(done[1])
            late.discard(done[1])
        elif done := re.match(r'rename\w*\(.*?"(.*?)", .*?"(.*?)"', line):
            source, target = map(Path, done.groups())
            # A link is to a file that was synced before, under its other name.
            assert str(source) in synced or target.name == "shop", line
            # The tree waits for its executable.
            assert late <= {str(installed.releases)}, f"{late} before {line}"
            assert not late or target != installed.program
            late.add(str(target.parent))
            renamed.append(str(target))
            synced.discard(str(source))
    assert not late
    kept = str(installed.releases / build_of(tea[1]) / "shop")
    assert kept in renamed
    assert renamed.index(kept) < renamed.index(str(installed.program))
    assert renamed.count(str(installed.journal)) >= STEPS
