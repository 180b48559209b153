"""`pyz upgrade` and `pyz rollback`: one command from a release to another, or everything as it was before."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.bundle.names import MANIFEST_FILE
from tests.e2e.release.upgrading import Installation, answer, build_of
from tests.waiting import wait_until

MIGRATION = "shop.0002_tea_origin"


def make_releases(folder: Path) -> list[Path]:
    """Four releases that were in force before, the newest first."""
    trees = [folder / (f"{number}" * 64) for number in range(4)]
    for age, tree in enumerate(trees, 1):
        (tree / "site-packages").mkdir(parents=True)
        (tree / "site-packages" / MANIFEST_FILE).write_text('{"name": "shop"}')
        (tree / "release.json").write_text("{}")
        os.utime(tree, (1_000_000 - age, 1_000_000 - age))
    return trees


@contextlib.contextmanager
def held(tree: Path) -> Iterator[None]:
    """Have a process use a tree."""
    descriptor = tree_locks.hold(str(tree))
    assert descriptor is not None
    yield
    os.close(descriptor)


def keep(installed: Installation, number: int) -> None:
    """Configure how many releases are kept."""
    installed.machine.configure(f"[serve]\nworkers = 2\n[upgrade]\nkeep = {number}\n")


def test_one_command_upgrades_and_another_one_goes_back(tea: tuple[Path, Path], installed: Installation) -> None:
    older, newer = map(build_of, tea)
    before = make_releases(installed.releases)
    keep(installed, 5)
    with installed.machine.serving() as server:
        assert answer(server) == "older"
        said = installed.succeed(tea[1], "upgrade")
        steps = [line.partition(":")[0] for line in said.splitlines()]
        assert steps == ["keep", "check", "migrations", "backup", "migrate", "switch", "reload", "prune"]
        assert [path.exists() for path in before] == [True, True, True, False]
        wait_until(lambda: answer(server) == "newer", lambda: server.said)
        assert installed.in_force() == newer
        assert installed.kept() == {older, newer}
        facts = json.loads((installed.releases / newer / "release.json").read_text())
        assert (facts["build"], facts["source"]) == (newer, str(tea[1]))
        backup = re.search("^backup: (.*)$", said, re.MULTILINE)
        assert backup
        assert Path(backup[1]).is_file()
        assert not installed.journal.exists()
        assert "as they were built" in installed.machine.succeed("pyz", "verify")
        keep(installed, 1)
        with held(before[1]):
            again = installed.succeed(tea[1], "upgrade").splitlines()
        # The one that a process uses stays, and the one that a rollback leads to.
        assert [path.exists() for path in before] == [False, True, False, False]
        assert "prune: 2 removed" in again
        assert "migrations: none to be applied" in again
        assert not any(line.startswith("backup") for line in again)

        refused = installed.refusal(installed.program, "rollback")
        assert f"The database is ahead by: {MIGRATION}" in refused
        assert f"{newer[:12]} is active, and nothing has changed" in refused
        assert installed.in_force() == newer
        installed.follow("undo them with it: `(.*?)`", refused)
        installed.succeed(installed.program, "rollback")
        wait_until(lambda: answer(server) == "older", lambda: server.said)
        assert installed.in_force() == older
        assert "no release before the active one is kept" in installed.refusal(installed.program, "rollback")

        installed.succeed(tea[1], "upgrade", "--no-backup")
        said = installed.succeed(installed.program, "rollback", older[:8], "--migrate-back", "--pause")
        assert f"migrate back: {MIGRATION} undone\n" in said
        wait_until(lambda: answer(server) == "older", lambda: server.said)
