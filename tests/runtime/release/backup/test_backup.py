"""The folder that a backup is made in, and what is kept of others."""

from __future__ import annotations

import os
from pathlib import Path

from django_pyz_runtime.release.backup.backup import _newest_first, scratch


def test_what_a_killed_process_has_left_is_removed_and_what_one_uses_stays(tmp_path: Path) -> None:
    left = tmp_path / ".shop-backup-left"
    left.mkdir()
    (left / "dump").write_text("half")
    other = tmp_path / ".other-backup-left"
    other.mkdir()
    with scratch(tmp_path, "shop") as first, scratch(tmp_path, "shop") as second:
        (first / "dump").write_text("whole")
        assert second.resolve() != first.resolve()
        assert first.resolve().parent == tmp_path
        assert not left.exists()
    assert os.listdir(tmp_path) == [other.name]


def test_the_newest_of_one_second_is_the_last_one() -> None:
    names = [f"shop-20260101T000000Z{end}.tar.gz" for end in ("", "-2", "-10")] + ["shop-20260102T000000Z.tar.gz"]
    found = [path.name for path in _newest_first(map(Path, names))]
    assert found == [names[3], names[2], names[1], names[0]]
