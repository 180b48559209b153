"""`pyz install`: the executable and its code in the places of the system."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.container import read_container
from tests.e2e.harness import Machine
from tests.small_bundle import MANIFEST, write_small


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty folder that stands for the root of a machine."""
    return tmp_path / "root"


def test_the_executable_and_its_code_are_put_in_place_once(machine: Machine, root: Path) -> None:
    """The code is unpacked to where it is installed, and nowhere else."""
    machine.environment["CACHE_DIRECTORY"] = str(machine.folder / "cache")
    said = machine.succeed("pyz", "install", "--root", str(root))
    program = root / "usr/bin/project-script"
    [release] = (root / "usr/lib/project/releases").iterdir()
    assert said == f"{release}: is in place\n{program}: written\n"
    assert not (machine.folder / "cache").exists()
    assert program.read_bytes() == machine.executable.read_bytes()
    assert stat.S_IMODE(program.stat().st_mode) == 0o755
    assert (release / "__project__/manage.py").is_file()

    made = release.stat().st_ino, program.stat().st_ino
    said = machine.succeed("pyz", "install", "--root", str(root))
    assert said == f"{release}: is in place\n{program}: is in place\n"
    assert (release.stat().st_ino, program.stat().st_ino) == made
    assert os.listdir(program.parent) == ["project-script"]


def test_all_users_can_read_what_was_installed_whatever_the_umask_is(machine: Machine, root: Path) -> None:
    command: list[str | Path] = [machine.executable, "pyz", "install", "--root", root]
    subprocess.run(command, env=machine.environment, umask=0o077, check=True, capture_output=True)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in [root, *root.rglob("*")]}
    assert all(mode & 0o444 == 0o444 for mode in modes), modes


def test_one_may_look_first(machine: Machine, root: Path) -> None:
    said = machine.succeed("pyz", "install", "--root", str(root), "--print")
    assert said.count("would be written\n") == 2
    assert not root.exists()


@pytest.mark.parametrize("damage", [0, 1000])
def test_the_release_before_is_replaced_at_once(shop: Machine, root: Path, tmp_path: Path, damage: int) -> None:
    """Also where it was cut."""
    content = write_small(tmp_path / "older", files={"shop/older.py": ""}).read_bytes()
    content = content[: len(content) - damage]
    program = root / "usr/bin/shop-script"
    program.parent.mkdir(parents=True)
    program.write_bytes(content)
    with program.open("rb") as running:
        shop.succeed("pyz", "install", "--root", str(root))
        assert running.read() == content
    assert program.read_bytes() == shop.executable.read_bytes()


def another_program(path: Path, scratch: Path) -> str:
    path.write_text("#!/bin/sh\necho shop\n")
    return "is not a bundle of the project shop"


def another_bundle(path: Path, scratch: Path) -> str:
    shutil.copy(write_small(scratch / "other", manifest=MANIFEST._replace(name="other")), path)
    return "is a bundle of the project other"


def empty_file(path: Path, scratch: Path) -> str:
    path.touch()
    return "is not a bundle of the project shop"


def link_to_another_program(path: Path, scratch: Path) -> str:
    path.symlink_to("/bin/sh")
    return "is not a bundle of the project shop"


def link_to_nothing(path: Path, scratch: Path) -> str:
    path.symlink_to("gone")
    return "cannot be read (no such file or directory)"


def folder(path: Path, scratch: Path) -> str:
    path.mkdir()
    return "cannot be read (is a directory)"


@pytest.mark.parametrize(
    "foreign", [another_program, another_bundle, empty_file, link_to_another_program, link_to_nothing, folder]
)
def test_a_foreign_program_of_that_name_stays(
    shop: Machine, root: Path, tmp_path: Path, foreign: Callable[[Path, Path], str]
) -> None:
    """Nothing else is written either. The advice is taken: it is moved away."""
    program = root / "usr/bin/shop-script"
    program.parent.mkdir(parents=True)
    reason = foreign(program, tmp_path)
    done = shop.run("pyz", "install", "--root", str(root))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"shop-script: {program}: {reason}; not overwritten; nothing was installed\n"
        "shop-script: Move it away, or build the file again with another name: --script NAME.\n"
    )
    assert not (root / "usr/lib").exists()
    assert shop.run("pyz", "install", f"--root={root}", "--print").returncode == 2
    program.rename(tmp_path / "away")
    shop.succeed("pyz", "install", "--root", str(root))


def test_or_the_file_gets_another_name(root: Path, tmp_path: Path) -> None:
    program = root / "usr/bin/shop-script"
    program.parent.mkdir(parents=True)
    another_program(program, tmp_path)
    renamed = write_small(tmp_path / "renamed", manifest=MANIFEST._replace(script="our shop"))
    Machine(tmp_path, renamed, "shop").succeed("pyz", "install", "--root", str(root))
    assert sorted(os.listdir(program.parent)) == ["our shop", "shop-script"]


def test_what_does_not_start_there_is_not_put_in_place(shop: Machine, root: Path, tmp_path: Path) -> None:
    """Here as its Python is not on PATH. The advice is taken: it is put there."""
    older = write_small(tmp_path / "older", files={"shop/older.py": ""})
    program = root / "usr/bin/shop-script"
    program.parent.mkdir(parents=True)
    shutil.copy(older, program)
    command: list[str | Path] = [sys.executable, shop.executable, "pyz", "install", "--root", root]
    environment = {**shop.environment, "PATH": str(tmp_path / "nothing")}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    [what, why, last] = done.stderr.splitlines()
    assert what == f"shop-script: {program}: not installed, as it does not start from {program.parent}:"
    assert ": wanted Python 3.11 or newer, found no python3 on PATH: install it, or add its folder to PATH" in why
    assert last == "shop-script: The installed file is unchanged. Fix that and install again."
    assert program.read_bytes() == older.read_bytes()
    assert os.listdir(program.parent) == ["shop-script"]
    subprocess.run(command, env=shop.environment, check=True, capture_output=True)
    assert program.read_bytes() == shop.executable.read_bytes()


def test_other_forms_of_the_option_install_as_well(shop: Machine, root: Path) -> None:
    """Where the launcher does not see what will be installed, the command does it from elsewhere."""
    said = shop.succeed("pyz", "install", "--root", "/nowhere", "--root", str(root))
    assert said.count(": written\n") == 2


def test_what_cannot_be_written_is_told(machine: Machine, root: Path) -> None:
    root.write_text("")
    done = machine.run("pyz", "install", "--root", str(root))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == f"project-script: {root}: file exists"


def test_a_damaged_file_is_not_installed(shop: Machine, root: Path) -> None:
    shop.succeed("pyz", "info", "--sbom")
    content = bytearray(shop.executable.read_bytes())
    # Where no start looks.
    content[content.index(b"payload.pyz") + 100_000] ^= 1
    shop.executable = shop.folder / "damaged"
    shop.executable.write_bytes(content)
    shop.executable.chmod(0o755)
    assert shop.run("pyz", "info", "--sbom").returncode == 0
    done = shop.run("pyz", "install", "--root", str(root))
    assert (done.returncode, done.stdout) == (2, "")
    assert "the file is damaged" in done.stderr
    assert not root.exists()


def test_prune_knows_where_releases_are_installed(shop: Machine, root: Path, tmp_path: Path) -> None:
    older = write_small(tmp_path / "older", files={"shop/older.py": ""})
    newer = shop.executable
    for executable in (older, newer):
        shop.executable = executable
        shop.succeed("pyz", "install", "--root", str(root))
    shop.executable = root / "usr/bin/shop-script"
    said = shop.succeed("pyz", "prune", "--keep", "0")
    releases = root / "usr/lib/shop/releases"
    assert f"{releases / read_container(str(older)).build_id}: removed\n" in said
    assert os.listdir(releases) == [read_container(str(newer)).build_id]


def test_the_folder_of_releases_may_be_behind_a_link(shop: Machine, root: Path, tmp_path: Path) -> None:
    shop.succeed("pyz", "install", "--root", str(root))
    (root / "usr/lib").rename(tmp_path / "large disk")
    (root / "usr/lib").symlink_to(tmp_path / "large disk")
    shop.executable = root / "usr/bin/shop-script"
    done = shop.run("pyz", "info", CACHE_DIRECTORY=str(tmp_path / "unused"))
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{tmp_path}/large disk/shop/releases/" in done.stdout
    assert not (tmp_path / "unused").exists()
    assert "left alone" not in shop.succeed("pyz", "prune", "--keep", "0")


@pytest.mark.needs("root")
def test_but_not_behind_one_of_another_user(shop: Machine, root: Path, tmp_path: Path) -> None:
    shop.succeed("pyz", "install", "--root", str(root))
    (root / "usr/lib").rename(tmp_path / "elsewhere")
    (root / "usr/lib").symlink_to(tmp_path / "elsewhere")
    os.chown(root / "usr/lib", 65534, 65534, follow_symlinks=False)
    shop.executable = root / "usr/bin/shop-script"
    done = shop.run("pyz", "info", CACHE_DIRECTORY=str(tmp_path / "cache"))
    reason = f"{root}/usr/lib is a symbolic link of user id 65534 to {tmp_path}/elsewhere"
    assert (done.returncode, done.stderr) == (0, f"shop-script: {reason}: using {tmp_path}/cache\n")


@pytest.mark.needs("root", "unshare")
def test_the_first_start_finds_the_code_that_was_installed(machine: Machine, root: Path, tmp_path: Path) -> None:
    """In a mount namespace whose /usr/lib/project is the one that was installed; there is no other place to unpack."""
    machine.succeed("pyz", "install", "--root", str(root))
    release = Path("/usr/lib/project")
    script = f"""
mkdir -p {release} && mount --bind {root}{release} {release} && exec {machine.executable} pyz info
"""
    environment = {**machine.environment, "CACHE_DIRECTORY": str(tmp_path / "cache")}
    was_there = release.exists()
    try:
        command = ["unshare", "--mount", "sh", "-ec", script]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    finally:
        if not was_there:
            release.rmdir()
    assert done.returncode == 0, done.stderr
    assert f"{release}/releases/" in done.stdout
    assert not (tmp_path / "cache").exists()


def test_what_was_installed_below_another_root_starts_from_its_own_code(machine: Machine, root: Path) -> None:
    machine.succeed("pyz", "install", "--root", str(root))
    cache = machine.folder / "unused"
    program = root / "usr/bin/project-script"
    environment = {**machine.environment, "CACHE_DIRECTORY": str(cache)}
    done = subprocess.run([program, "pyz", "info"], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{root}/usr/lib/project/releases/" in done.stdout
    assert not cache.exists()
