"""A power cut soon after the first start: whatever is on the disk by then starts, or unpacks again."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.faults.small_machines import answer, answers, as_root, mounted
from tests.e2e.harness import Machine
from tests.small_bundle import write_small

pytestmark = as_root
# A journal that is written each second has the new name of a folder in it long before the kernel writes the contents of
# files of its own accord, which are only then given a place on the disk (ext4(5), delayed allocation).
JOURNAL_SECONDS = 1
MOMENTS_SECONDS = (0, 0.5, 1.2, 2.5, 4, 7)
"""After the end of the first start."""


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of a few thousand files."""
    files = {f"shop/{number}.txt": f"{number}\n" * 200 for number in range(2000)}
    return write_small(tmp_path_factory.mktemp("bundle"), files=files)


def make_image(path: Path, megabytes: int = 96) -> None:
    """An empty ext4 file system in a file."""
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", path], check=True)


def copy(image: Path, name: str) -> Path:
    """What would be on the disk if the power went now."""
    target = image.with_name(name)
    subprocess.run(["cp", "--sparse=always", "--reflink=never", image, target], check=True)
    return target


def copies_after(image: Path, start: Callable[[], object]) -> list[Path]:
    """What is on the disk at several moments while something runs and after it has ended."""
    running = threading.Thread(target=start)
    running.start()
    found: list[Path] = []
    while running.is_alive():
        found.append(copy(image, f"during-{len(found)}"))
        running.join(0.3)
    end = time.monotonic()
    for moment in MOMENTS_SECONDS:
        time.sleep(max(0.0, end + moment - time.monotonic()))
        found.append(copy(image, f"after-{moment}"))
    return found


def test_the_file_starts_after_a_power_cut_at_any_moment(bundle: Path, tmp_path: Path) -> None:
    machine = Machine(tmp_path, bundle, "shop")
    cache = tmp_path / "cache"
    image = tmp_path / "image"
    make_image(image)
    first: list[bool] = []
    with mounted(cache, "-o", f"loop,commit={JOURNAL_SECONDS}", image):
        cache.chmod(0o700)
        (cache / "trees").mkdir(mode=0o700)
        os.sync()
        machine.environment["CACHE_DIRECTORY"] = str(cache / "trees")
        images = copies_after(image, lambda: first.append(answers(answer(machine))))
    assert first == [True]
    names: set[str] = set()
    for cut in images:
        with mounted(cache, "-o", "loop", cut):
            found = [path for path in (cache / "trees").iterdir() if not path.name.startswith(".")]
            names.update(path.name for path in found)
            verified = machine.run("pyz", "verify")
            assert verified.returncode == 0, f"{cut.name}: {verified.stdout[:500]}{verified.stderr[:500]}"
            left = [path.name for path in (cache / "trees").iterdir()]
            assert len(left) == 1, cut.name
        cut.unlink()
    assert len(names) == 1
