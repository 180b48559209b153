"""A file that is not as it was built says so in one line and does not start, or runs as if nothing were wrong."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from django_pyz_runtime.bundle import seal
from django_pyz_runtime.bundle.container import read_container
from django_pyz_runtime.errors import UserError
from tests.e2e.faults.small_machines import trees
from tests.e2e.harness import Machine
from tests.small_bundle import ANSWER, write_small
from tests.waiting import DEADLINE_SECONDS

FLIPS = 100
"""Random places, for a cold and for a warm start each."""
FIRST_LINE = len("#!/bin/sh\n")
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def shop(shop: Machine) -> Machine:
    """The machine with the small bundle, which has started once."""
    assert shop.succeed(*ANSWER) == "{}\n"
    return shop


def put(machine: Machine, content: bytes) -> Path:
    """An executable file with some content, in a folder of its own."""
    folder = Path(tempfile.mkdtemp(dir=machine.folder))
    file = folder / "shop-script"
    file.write_bytes(content)
    file.chmod(0o755)
    return file


def run(machine: Machine, file: Path, *command: str, cold: bool) -> Done:
    """Start a file from a shell, as people do; it and what it unpacked are gone afterwards."""
    cache = file.parent / "cache"
    changed = {"CACHE_DIRECTORY": str(cache)} if cold else {}
    done = subprocess.run(
        ["sh", "-c", '"$0" "$@"', file, *command],
        cwd=machine.elsewhere,
        env={**machine.environment, **changed},
        capture_output=True,
        text=True,
        errors="replace",
        timeout=DEADLINE_SECONDS,
    )
    left = [] if done.returncode == 0 else trees(cache)
    shutil.rmtree(file.parent)
    assert left == [], done.stderr
    return done


def start(machine: Machine, content: bytes, *command: str, cold: bool = False) -> Done:
    """Start a file with some content."""
    return run(machine, put(machine, content), *command, cold=cold)


def start_all(machine: Machine, contents: Iterable[bytes], *, cold: bool) -> list[Done]:
    """Start several, two at a time; all are written first, as none can be started while it is open in a new process."""
    files = [put(machine, content) for content in contents]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda file: run(machine, file, *ANSWER, cold=cold), files))


def flipped(content: bytes, bit: int) -> bytes:
    """The content with one bit the other way round."""
    changed = bytearray(content)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def is_refused(done: Done) -> bool:
    """Whether a start failed in a line or two."""
    return done.returncode != 0 and done.stdout == "" and 'File "' not in done.stderr and len(done.stderr) > 10


def says_damaged(done: Done) -> bool:
    """Whether it failed with our message."""
    lines = done.stderr.splitlines()
    return done.returncode == 2 and len(lines) == 2 and "the file is damaged (" in lines[0] and "Copy it" in lines[1]


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_a_flipped_bit_is_told_in_a_line_or_does_no_harm(shop: Machine, cold: bool) -> None:
    """Half of the places are in the first tenth, with the lines for the shell and the launcher."""
    content = shop.executable.read_bytes()
    chosen = random.Random(f"flip {cold}")
    ends = [len(content), len(content) // 2, len(content) // 200]
    bits = [chosen.randrange(8 * ends[number % 3]) for number in range(FLIPS)]
    outcomes = start_all(shop, [flipped(content, bit) for bit in bits], cold=cold)
    wrong = [
        (bit, done)
        for bit, done in zip(bits, outcomes, strict=True)
        if not is_refused(done) and (done.returncode, done.stdout) != (0, "{}\n")
    ]
    assert wrong == []
    assert any(says_damaged(done) for done in outcomes)


@pytest.mark.parametrize("cold", [False, True], ids=["warm", "cold"])
def test_a_file_that_was_cut_is_refused_wherever_that_was(shop: Machine, cold: bool) -> None:
    content = shop.executable.read_bytes()
    lines = content.index(b"\n}\n") + 3
    chosen = random.Random(f"cut {cold}")
    short = chosen.sample(range(FIRST_LINE + 1, lines), 20)
    sizes = [FIRST_LINE + 1, *short, lines, lines + 1, *chosen.sample(range(lines, len(content)), 20), len(content) - 1]
    outcomes = start_all(shop, [content[:size] for size in sizes], cold=cold)
    assert [size for size, done in zip(sizes, outcomes, strict=True) if not is_refused(done)] == []
    long = [done for size, done in zip(sizes, outcomes, strict=True) if size >= lines]
    assert [done.stderr for done in long if not says_damaged(done)] == []


@pytest.mark.smoke
def test_a_file_that_was_appended_to_is_refused(shop: Machine) -> None:
    done = start(shop, shop.executable.read_bytes() + b"\0", *ANSWER)
    assert says_damaged(done)
    assert "bytes, built with" in done.stderr


def test_a_file_with_a_hole_is_refused(shop: Machine) -> None:
    """As programs leave it that reserve the space for what they fetch."""
    content = shop.executable.read_bytes()
    start_of_launcher = content.index(b"\n}\n") + 3
    assert says_damaged(start(shop, content[:start_of_launcher] + bytes(len(content) - start_of_launcher), *ANSWER))


@pytest.mark.parametrize("part", ["launcher", "tree", "index", "container"])
def test_a_zip_application_that_is_damaged_is_refused(shop: Machine, part: str, tmp_path: Path) -> None:
    content = shop.executable.read_bytes()
    tree = read_container(str(shop.executable)).tree
    position = {
        "launcher": content.index(b"def launch("),
        "tree": tree.offset + 1000,
        "index": tree.offset + tree.index_offset + 50,
        "container": content.rindex(b'"build_id"'),
    }[part]
    damaged = tmp_path / "damaged"
    damaged.write_bytes(flipped(content, 8 * position))
    changed = {**shop.environment, "CACHE_DIRECTORY": str(tmp_path / "new")}
    command: list[str | Path] = [sys.executable, damaged, *ANSWER]
    done = subprocess.run(command, env=changed, capture_output=True, text=True)
    assert says_damaged(done)


def test_verify_notices_a_flip_that_a_warm_start_does_not(shop: Machine) -> None:
    content = shop.executable.read_bytes()
    harmless = flipped(content, 8 * (content.index(b"payload.pyz") + 100_000))
    assert start(shop, harmless, *ANSWER).returncode == 0
    assert says_damaged(start(shop, harmless, "pyz", "verify"))


def test_the_seal_notices_every_flip(small: Path, tmp_path: Path) -> None:
    content = small.read_bytes()
    copy = tmp_path / "copy"
    copy.write_bytes(content)
    seal.check(str(copy))
    chosen = random.Random("seal")
    last = range(8 * (len(content) - 64), 8 * len(content))
    for bit in [*last, *(chosen.randrange(8 * len(content)) for _ in range(200))]:
        copy.write_bytes(flipped(content, bit))
        with pytest.raises(UserError, match="the file is damaged"):
            seal.check(str(copy))
    for changed in (b"", content[:-1], content + b"\n", content[:100], content[-64:]):
        copy.write_bytes(changed)
        with pytest.raises(UserError, match="the file is damaged"):
            seal.check(str(copy))


def test_a_file_that_is_replaced_while_it_starts_runs_as_the_old_or_the_new_one(
    shop: Machine, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """By renaming, as packages and `pyz install` do; the two differ in size."""
    folder = tmp_path_factory.mktemp("replaced")
    other = write_small(folder / "other", files={"shop/more.py": "# " + "more " * 5000})
    files = [shop.executable.read_bytes(), other.read_bytes()]
    target = folder / "shop-script"
    shutil.copy(shop.executable, target)
    command: list[str | Path] = [target, *ANSWER]
    for number in range(25):
        started = subprocess.Popen(command, env=shop.environment, text=True, stdout=-1, stderr=-1)
        new = folder / "new"
        new.write_bytes(files[number % 2])
        new.chmod(0o755)
        os.replace(new, target)
        said, complained = started.communicate(timeout=DEADLINE_SECONDS)
        assert (said, started.returncode) == ("{}\n", 0), complained


def test_a_file_that_is_overwritten_while_it_starts_never_ends_well_without_having_run(
    shop: Machine, tmp_path: Path
) -> None:
    """As by `cp`, which empties it first. What the shell reads from an empty file is nobody's but its own business."""
    target = tmp_path / "shop-script"
    shutil.copy(shop.executable, target)
    content = target.read_bytes()
    lines = content.index(b"\n}\n") + 3
    for number in range(20):
        started = subprocess.Popen([str(target), *ANSWER], env=shop.environment, text=True, stdout=-1, stderr=-1)
        with target.open("r+b") as file:
            file.truncate(lines + 20_000 * number)
            file.seek(0)
            file.write(content)
        said, complained = started.communicate(timeout=DEADLINE_SECONDS)
        assert 'File "' not in complained
        assert (said, started.returncode) == ("{}\n", 0) or (said == "" and started.returncode != 0), complained


def test_two_builds_that_were_mixed_are_refused(shop: Machine, tmp_path: Path) -> None:
    """The launcher of one and the tree of another."""
    ours = shop.executable.read_bytes()
    other = write_small(tmp_path / "other", files={"shop/more.py": "MORE = 1\n"}).read_bytes()
    mixed = ours[: ours.index(b"PK\3\4")] + other[other.index(b"PK\3\4") :]
    # As if they were of the same size.
    mixed = mixed.replace(b"%14d" % len(ours), b"%14d" % len(mixed))
    done = start(shop, mixed, *ANSWER, cold=True)
    assert says_damaged(done)
    assert "its parts are from two builds" in done.stderr
