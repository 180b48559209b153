"""What is said about the machine."""

from __future__ import annotations

from pathlib import Path

from benchmarks.machine import describe, file_system

MOUNTS = """\
22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
23 22 0:5 / /dev rw - devtmpfs none rw
24 23 0:20 / /dev/shm rw,nosuid - tmpfs tmpfs rw
25 22 254:1 / /srv rw shared:1 - ext4 /dev/vdb rw
26 25 254:2 / /srv rw - xfs /dev/vdc rw
"""


def test_the_file_system_is_that_of_the_nearest_mount() -> None:
    assert file_system(MOUNTS, Path("/home/me")) == "ext4"
    assert file_system(MOUNTS, Path("/dev/shm/scratch")) == "tmpfs"
    assert file_system(MOUNTS, Path("/development")) == "ext4"


def test_of_two_mounts_at_one_place_the_later_one_counts() -> None:
    assert file_system(MOUNTS, Path("/srv/scratch")) == "xfs"


def test_the_machine_is_told_in_one_line(tmp_path: Path) -> None:
    assert "\n" not in describe(tmp_path)
