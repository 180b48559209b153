"""`pyz verify`: every byte of the file and of its unpacked code."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.faults.small_machines import NOBODY, as_root
from tests.e2e.harness import Machine
from tests.small_bundle import ANSWER, write_small


@pytest.fixture(scope="module")
def with_copies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle in which two files are one."""
    same = "SAME = 1\n" * 10
    files = {"shop/one.txt": same, "shop/other.txt": same, "shop/empty.txt": ""}
    return write_small(tmp_path_factory.mktemp("copies"), files=files)


@pytest.fixture
def shop(with_copies: Path, tmp_path: Path) -> Machine:
    """A machine on which it was unpacked."""
    machine = Machine(tmp_path, with_copies, "shop")
    machine.succeed(*ANSWER)
    return machine


@pytest.fixture
def code(shop: Machine) -> Path:
    """The package `shop` in the tree, which may be written to."""
    [tree] = (shop.folder / "cache").iterdir()
    folder = tree / "site-packages/shop"
    folder.chmod(0o755)
    return folder


@pytest.mark.smoke
def test_nothing_is_wrong_with_what_was_just_unpacked(shop: Machine) -> None:
    [tree] = (shop.folder / "cache").iterdir()
    files = sum(path.is_file() for path in tree.rglob("*"))
    assert shop.succeed("pyz", "verify") == f"{files} files, as they were built\n"


def change(path: Path) -> None:
    """Another content of the same size, the mode as before."""
    path.chmod(0o644)
    content = path.read_bytes()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    path.chmod(0o444)


def replace_one_of_two(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(b"OTHER" + content[5:])
    path.chmod(0o444)


def append(path: Path) -> None:
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")
    path.chmod(0o444)


def make_a_link(path: Path) -> None:
    path.rename(path.with_name("gone"))
    path.symlink_to("gone")


def make_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("name", "fault", "told"),
    [
        ("one.txt", change, {"one.txt": "has other content", "other.txt": "has other content"}),
        ("other.txt", replace_one_of_two, {"other.txt": "has other content than was built"}),
        ("__init__.py", append, {"__init__.py": "has 1 bytes, built with 0"}),
        ("one.txt", Path.unlink, {"one.txt": "is missing"}),
        (
            "one.txt",
            make_a_link,
            {"gone": "is not part of this build", "one.txt": "is a symbolic link, built as a file"},
        ),
        ("empty.txt", make_a_folder, {"empty.txt": "is a folder, built as a file"}),
        ("empty.txt", lambda path: path.chmod(0o644), {"empty.txt": "has the mode 0644, built with 0444"}),
        ("new.py", Path.touch, {"new.py": "is not part of this build"}),
        ("new", Path.mkdir, {"new": "is not part of this build"}),
    ],
)
def test_each_fault_is_told_with_its_path(
    shop: Machine, code: Path, name: str, fault: Callable[[Path], object], told: dict[str, str]
) -> None:
    fault(code / name)
    code.chmod(0o555)
    done = shop.run("pyz", "verify")
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert len(lines) == len(told)
    for line, (path, what) in zip(lines, told.items(), strict=True):
        assert line.startswith(f"{code / path}: {what}")
    [tree] = (shop.folder / "cache").iterdir()
    assert done.stderr == f"shop-script: Remove {tree}: the next start unpacks it again.\n"


def test_a_folder_that_can_be_written_to_is_a_fault(shop: Machine, code: Path) -> None:
    done = shop.run("pyz", "verify")
    assert (done.returncode, done.stdout) == (1, f"{code}: has the mode 0755, built with 0555\n")


@as_root
def test_a_file_of_another_user_is_a_fault(shop: Machine, code: Path) -> None:
    code.chmod(0o555)
    os.chown(code / "empty.txt", NOBODY, NOBODY)
    done = shop.run("pyz", "verify")
    assert (done.returncode, done.stdout) == (1, f"{code}/empty.txt: is owned by user id {NOBODY}, the tree by 0\n")


def test_what_an_upgrade_keeps_beside_the_code_is_no_fault(shop: Machine) -> None:
    [tree] = (shop.folder / "cache").iterdir()
    tree.chmod(0o755)
    kept = tree / "shop-script"
    shutil.copy(shop.executable, kept)
    (tree / "release.json").touch()
    tree.chmod(0o555)
    assert "as they were built" in shop.succeed("pyz", "verify")
    with kept.open("r+b") as file:
        file.truncate(kept.stat().st_size - 1)
    done = shop.run("pyz", "verify")
    assert (done.returncode, f"{kept}: " in done.stderr) == (2, True), done.stderr


def test_its_help_says_what_the_exit_codes_mean(shop: Machine) -> None:
    said = " ".join(shop.succeed("pyz", "verify", "--help").split())
    assert "Exit code 1 if the unpacked code differs" in said
    assert "2 if the file itself is damaged" in said
