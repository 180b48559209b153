"""The power goes during an upgrade: whatever is on the disk by then tells what is in force, and how to go on."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import sqlite3
import subprocess
import tarfile
from pathlib import Path

from tests.e2e.faults.recorded_disk import NEEDS, Recorded, recorded
from tests.e2e.faults.small_machines import mounted
from tests.e2e.faults.test_power import make_image
from tests.e2e.release.upgrading import Installation, build_of

pytestmark = NEEDS
MEGABYTES = 400
SEED = 14
MOMENTS = int(os.environ.get("MOMENTS", "2"))
"""Many more were tried by hand."""


def moments(record: Recorded, first: int) -> list[tuple[int, random.Random | None]]:
    """Moments of a record: right after a flush, or with some of the writes since the last one lost.

    Args:
        record: of the writes.
        first: moment from which on most is done.
    """
    chance = random.Random(SEED)
    flushes = [moment for moment in record.flushes() if moment > first]
    count = len(record.writes)
    found: list[tuple[int, random.Random | None]] = [(chance.randrange(first), random.Random(SEED))]
    while len(found) < MOMENTS:
        lost = random.Random(len(found)) if len(found) % 2 else None
        found.append((chance.randrange(first, count) if lost else chance.choice(flushes), lost))
    return found


def test_whatever_is_on_the_disk_goes_on(tea: tuple[Path, Path], tmp_path: Path) -> None:
    newer = build_of(tea[1])
    disk, base, log = (tmp_path / name for name in ("disk", "base", "log"))
    make_image(base, MEGABYTES)
    with mounted(disk, "-o", "loop", base):
        site = Installation(disk, tea[0], disk / "cache")
        release = Path(shutil.copy(tea[1], disk / "shop.pyz"))
        os.sync()
    with recorded(disk, base, log, "commit=1"):
        site.succeed(release, "upgrade")
    record = Recorded(base, log)
    first = record.first_with(b'"step": "keep"')
    for moment, lost in moments(record, first):
        image = record.cut(tmp_path / f"cut-{moment}", moment, lost)
        with mounted(disk, "-o", "loop", image):
            go_on(site, release)
            assert site.in_force() == newer, moment
            check(site)
        image.unlink()


def go_on(site: Installation, release: Path) -> None:
    """Do what status says; where it says nothing, nothing was begun, or all was done."""
    in_force = site.in_force()
    status = site.machine.run("pyz", "status")
    assert status.stderr == ""
    if site.journal.exists():
        assert f"; {in_force[:12]} is active" in status.stdout
        site.follow("Continue with: `(.*?)`", status.stdout)
    elif in_force != build_of(release):
        site.succeed(release, "upgrade")


def check(site: Installation) -> None:
    """The site is whole, and nothing is left of what was interrupted."""
    data = site.machine.data
    status = site.machine.run("pyz", "status")
    assert "\ndatabase default: fine\n" in status.stdout, status
    assert not site.journal.exists()
    for build in site.kept():
        command: list[str | Path] = [site.releases / build / "shop", "pyz", "verify"]
        verified = subprocess.run(command, env=site.machine.environment, capture_output=True, text=True)
        assert verified.returncode == 0, verified.stdout
    with contextlib.closing(sqlite3.connect(data / "db.sqlite3")) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    for path in (data / "backups").glob("*"):
        with tarfile.open(path) as archive:
            assert archive.getnames()
    folders = (site.program.parent, site.journal.parent, site.releases, data, data / "backups")
    assert [path for folder in folders for path in folder.glob(".*")] == []
