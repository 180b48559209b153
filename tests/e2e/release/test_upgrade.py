"""`pyz upgrade` and `pyz rollback`: one command from a release to another, or everything as it was before."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.e2e.release.upgrading import Installation, answer, build_of
from tests.waiting import wait_until

MIGRATION = "shop.0002_tea_origin"


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
        assert "as they were built" in installed.machine.succeed("pyz", "verify")
        again = installed.succeed(tea[1], "upgrade").splitlines()
        assert "migrations: none to be applied" in again
        assert not any(line.startswith("backup") for line in again)

        refused = installed.refusal(installed.program, "rollback")
        assert f"The database is ahead by: {MIGRATION}" in refused
        assert f"{newer[:12]} is in force, and everything is as it was before" in refused
        assert installed.in_force() == newer
        installed.follow("undo them with it: `(.*?)`", refused)
        installed.succeed(installed.program, "rollback")
        wait_until(lambda: answer(server) == "older", lambda: server.said)
        assert installed.in_force() == older
        assert "no release before the one in force is kept" in installed.refusal(installed.program, "rollback")

        installed.succeed(tea[1], "upgrade", "--no-backup")
        said = installed.succeed(installed.program, "rollback", older[:8], "--migrate-back", "--pause")
        assert f"migrate back: {MIGRATION} undone\n" in said
        wait_until(lambda: answer(server) == "older", lambda: server.said)
