"""Where a tree cannot be unpacked, the reason is told in a line, nothing is left there, and the next place is taken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.faults.small_machines import NOBODY, answer, answers, as_nobody, as_root, mounted, trees
from tests.e2e.harness import Machine
from tests.small_bundle import ANSWER, MANIFEST, write_small

pytestmark = as_root


@pytest.fixture
def shop(shop: Machine) -> Machine:
    """The machine with the small bundle; the first place is "first", the second "second"."""
    shop.environment["CACHE_DIRECTORY"] = str(shop.folder / "first")
    shop.environment["SHOP__PROJECT__CACHE_DIR"] = str(shop.folder / "second")
    return shop


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ("size=300k", "no space left on device"),
        ("nr_inodes=20", "no space left on device"),
        ("nr_inodes=1", "no space left on device"),
        ("ro", "read-only file system"),
    ],
)
def test_the_next_place_is_taken(shop: Machine, options: str, reason: str) -> None:
    first, second = shop.folder / "first", shop.folder / "second"
    with mounted(first, "-t", "tmpfs", "-o", f"mode=0700,{options}", "tmpfs"):
        done = answer(shop)
        left = trees(first)
        used = shutil.disk_usage(first).used
    assert answers(done)
    assert done.stderr == f"shop-script: {first}: {reason}: using {second}\n"
    assert left == []
    assert used == 0
    assert len(trees(second)) == 1


@pytest.mark.needs("mkfs.ext4")
def test_a_full_ext4_is_as_empty_afterwards_as_before(shop: Machine) -> None:
    image = shop.folder / "image"
    with image.open("wb") as file:
        file.truncate(600 << 10)
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", image], check=True)
    first = shop.folder / "first"
    with mounted(first, "-o", "loop", image):
        before = trees(first), os.statvfs(first).f_bfree
        done = answer(shop)
        after = trees(first), os.statvfs(first).f_bfree
    assert answers(done)
    assert done.stderr.startswith(f"shop-script: {first}: no space left on device")
    assert before == after


def test_where_no_place_is_left_each_is_named_with_its_reason(shop: Machine, open_folder: Path) -> None:
    """As a user with no home, whose temporary folder is full as well. The advice is taken: a place is set."""
    path = open_folder / "settings.ini"
    path.touch(0o644)
    shutil.copy(shop.executable, open_folder / "shop-script")
    shop.executable = open_folder / "shop-script"
    full = open_folder / "full"
    with mounted(full, "-t", "tmpfs", "-o", f"size=300k,mode=0700,uid={NOBODY}", "tmpfs"):
        places = {"CACHE_DIRECTORY": str(full), "TMPDIR": str(full), "HOME": "/nonexistent"}
        done = as_nobody(shop, "--config", str(path), *ANSWER, **places)
        left = trees(full)
        advised = re.search(r"or set (\[\w+\]) (\w+) in (\S+)\.$", done.stderr)
        assert advised, done.stderr
        (open_folder / "place").mkdir()
        os.chown(open_folder / "place", NOBODY, NOBODY)
        Path(advised[3]).write_text(f"{advised[1]}\n{advised[2]} = {open_folder}/place\n")
        assert answers(as_nobody(shop, "--config", str(path), *ANSWER, **places))
    first, *places_told, _ = done.stderr.splitlines()
    assert (done.returncode, done.stdout) == (2, "")
    assert first.startswith("shop-script: no place for the unpacked code of build ")
    assert places_told[0] == f"shop-script:   {full}: no space left on device"
    assert set(left) <= {f"shop-{NOBODY}"}


def test_without_a_home_the_temporary_folder_is_used_with_a_warning(shop: Machine, open_folder: Path) -> None:
    shutil.copy(shop.executable, open_folder / "shop-script")
    shop.executable = open_folder / "shop-script"
    temporary = open_folder / "tmp"
    temporary.mkdir()
    temporary.chmod(0o1777)
    done = as_nobody(shop, *ANSWER, TMPDIR=str(temporary), HOME="/nonexistent")
    assert answers(done)
    used = temporary / f"shop-{NOBODY}"
    assert done.stderr.startswith("shop-script: ")
    assert f"using {used}, which may be emptied at any time\n" in done.stderr
    assert used.stat().st_mode & 0o777 == 0o700
    assert len(done.stderr.splitlines()) == 1


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle that says that there are compiled modules in it, which any Python may load."""
    manifest = MANIFEST._replace(has_extensions=True)
    return write_small(tmp_path_factory.mktemp("compiled"), manifest=manifest)


@pytest.fixture
def noexec(shop: Machine, compiled: Path) -> Iterator[Machine]:
    """A machine whose first place allows no code to be loaded."""
    shop.executable = compiled
    with mounted(shop.folder / "first", "-t", "tmpfs", "-o", "noexec,mode=0700", "tmpfs"):
        yield shop


def test_compiled_modules_are_not_unpacked_to_where_they_cannot_be_loaded(noexec: Machine) -> None:
    done = answer(noexec)
    first, second = noexec.folder / "first", noexec.folder / "second"
    assert answers(done)
    assert f"{first} is mounted noexec, so compiled modules cannot be loaded from it: using {second}" in done.stderr
    assert (trees(first), len(trees(second))) == ([], 1)


def test_code_without_compiled_modules_may_lie_there(shop: Machine) -> None:
    with mounted(shop.folder / "first", "-t", "tmpfs", "-o", "noexec,mode=0700", "tmpfs") as first:
        done = answer(shop)
        assert (answers(done), done.stderr) == (True, "")
        assert len(trees(first)) == 1


def test_it_is_used_where_there_is_no_other(noexec: Machine, open_folder: Path) -> None:
    shutil.copy(noexec.executable, open_folder / "shop-script")
    noexec.executable = open_folder / "shop-script"
    with mounted(open_folder / "only", "-t", "tmpfs", "-o", f"noexec,mode=0700,uid={NOBODY}", "tmpfs") as only:
        done = as_nobody(noexec, *ANSWER, CACHE_DIRECTORY=str(only), TMPDIR=str(only), HOME="/nonexistent")
        assert answers(done)
        assert f"using {only}, where compiled modules cannot be loaded\n" in done.stderr
