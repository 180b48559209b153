"""What another user may have put in the way of a tree is refused, with its path and the reason, and never executed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.container import read_container
from tests.e2e.faults.small_machines import NOBODY, answer, answers, as_nobody, as_root, trees
from tests.e2e.harness import Machine
from tests.programs import USER_NAMESPACES
from tests.small_bundle import ANSWER

pytestmark = as_root


@pytest.fixture
def shop(shop: Machine, open_folder: Path) -> Machine:
    """The machine with the small bundle; what is planted lies in a folder that everyone may enter."""
    shop.folder = open_folder
    shop.environment["CACHE_DIRECTORY"] = str(open_folder / "cache")
    shop.environment["SHOP__PROJECT__CACHE_DIR"] = str(open_folder / "next")
    return shop


@pytest.fixture
def tree(shop: Machine) -> Path:
    """Where the tree belongs."""
    return shop.folder / "cache" / read_container(str(shop.executable)).build_id


def plant_tree(tree: Path) -> None:
    """A tree of another user that would say so if it were run."""
    package = tree / "site-packages/django_pyz_runtime"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "main.py").write_text("print('planted code was run')\n")
    for path in [tree, *tree.rglob("*")]:
        os.chown(path, NOBODY, NOBODY)


def sticky(cache: Path) -> None:
    cache.chmod(0o1777)


def of_the_group(cache: Path) -> None:
    os.chown(cache, 0, NOBODY)
    cache.chmod(0o775)


def of_everyone(cache: Path) -> None:
    cache.chmod(0o777)


def private(cache: Path) -> None:
    cache.chmod(0o755)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (sticky, f"not using {{tree}}: {{tree}} is owned by user id {NOBODY}, not by root or user id 0"),
        (private, f"not using {{tree}}: {{tree}} is owned by user id {NOBODY}, not by root or user id 0"),
        (of_the_group, f"not using {{tree}}: {{tree}} is owned by user id {NOBODY}, not by root or user id 0"),
        (of_everyone, f"not using {{tree}}: {{tree}} is owned by user id {NOBODY}, not by root or user id 0"),
    ],
)
def test_a_planted_tree_is_not_run(shop: Machine, tree: Path, kind: Callable[[Path], None], reason: str) -> None:
    plant_tree(tree)
    kind(tree.parent)
    done = answer(shop)
    assert answers(done)
    assert done.stderr == f"shop-script: {reason.format(tree=tree)}: using {shop.folder / 'next'}\n"


@pytest.mark.parametrize(
    ("kind", "mode"), [(sticky, "1777"), (of_the_group, "0775"), (of_everyone, "0777")], ids=["sticky", "group", "all"]
)
def test_nothing_is_unpacked_to_where_others_can_write(
    shop: Machine, tree: Path, kind: Callable[[Path], None], mode: str
) -> None:
    """So a planted temporary folder or lock file is not even looked at."""
    cache = tree.parent
    cache.mkdir()
    (cache / f".{tree.name}.lock").symlink_to(shop.folder / "victim")
    (shop.folder / "victim").write_text("kept")
    (cache / f".{tree.name}.abcdefgh").mkdir()
    kind(cache)
    done = answer(shop)
    assert answers(done)
    assert f"shop-script: {cache} can be written by other users (mode {mode}): using " in done.stderr
    assert (shop.folder / "victim").read_text() == "kept"
    assert trees(cache) == [f".{tree.name}.abcdefgh", f".{tree.name}.lock"]


def test_a_link_in_place_of_the_lock_file_is_refused(shop: Machine, tree: Path) -> None:
    tree.parent.mkdir(mode=0o700)
    victim = shop.folder / "victim"
    victim.write_text("kept")
    lock = tree.parent / f".{tree.name}.lock"
    lock.symlink_to(victim)
    done = answer(shop)
    assert answers(done)
    assert f"shop-script: {lock} is a symbolic link: using " in done.stderr
    assert victim.read_text() == "kept"
    assert not tree.exists()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: Path(path).touch()], ids=["fifo", "folder", "file"])
def test_another_users_thing_in_place_of_the_lock_file_is_refused(
    shop: Machine, tree: Path, make: Callable[[str], None]
) -> None:
    tree.parent.mkdir(mode=0o700)
    lock = tree.parent / f".{tree.name}.lock"
    make(str(lock))
    os.chown(lock, NOBODY, NOBODY)
    done = answer(shop)
    assert answers(done)
    assert f"shop-script: {lock} is not a lock file of root or user id 0: using " in done.stderr
    assert not tree.exists()


def test_a_link_in_place_of_the_tree_is_refused(shop: Machine, tree: Path) -> None:
    plant_tree(shop.folder / "elsewhere")
    tree.parent.mkdir(mode=0o700)
    tree.symlink_to(shop.folder / "elsewhere")
    done = answer(shop)
    assert answers(done)
    assert f"shop-script: not using {tree}: {tree} is a symbolic link: using " in done.stderr


def test_another_users_link_in_place_of_the_folder_is_refused(shop: Machine, tree: Path) -> None:
    """In a sticky folder anyone may put a link to a folder of root's."""
    common = shop.folder / "common"
    common.mkdir()
    common.chmod(0o1777)
    victim = shop.folder / "victim"
    victim.mkdir(mode=0o700)
    link = common / "shop"
    link.symlink_to(victim)
    os.chown(link, NOBODY, NOBODY, follow_symlinks=False)
    done = answer(shop, CACHE_DIRECTORY=str(link))
    assert answers(done)
    assert f"shop-script: {link} is a symbolic link of user id {NOBODY} to {victim}: using " in done.stderr
    assert list(victim.iterdir()) == []


def test_the_users_own_link_is_followed(shop: Machine, tree: Path) -> None:
    """As that which systemd makes for DynamicUser."""
    (shop.folder / "private").mkdir(mode=0o700)
    (shop.folder / "cache").symlink_to("private")
    done = answer(shop)
    assert (answers(done), done.stderr) == (True, "")
    assert trees(shop.folder / "private") == [tree.name]


def test_a_left_over_temporary_folder_is_no_tree(shop: Machine, tree: Path) -> None:
    """What a killed process left, or somebody planted, is neither run nor used, but removed."""
    tree.parent.mkdir(mode=0o700)
    plant_tree(tree.parent / f".{tree.name}.abcdefgh")
    done = answer(shop)
    assert (answers(done), done.stderr) == (True, "")
    assert trees(tree.parent) == [tree.name]


def test_root_unpacks_for_itself_what_another_user_has_unpacked_already(shop: Machine, tree: Path) -> None:
    copy = shop.folder / "shop-script"
    shutil.copy(shop.executable, copy)
    shop.executable = copy
    tree.parent.mkdir()
    os.chown(tree.parent, NOBODY, NOBODY)
    theirs = as_nobody(shop, *ANSWER, CACHE_DIRECTORY=str(tree.parent))
    assert answers(theirs)
    assert trees(tree.parent) == [tree.name]
    main = tree / "site-packages/django_pyz_runtime/main.py"
    main.chmod(0o644)
    main.write_text("print('edited code was run')\n")
    done = answer(shop)
    assert answers(done)
    assert done.stderr.startswith(f"shop-script: not using {tree}: {tree} is owned by user id {NOBODY}, ")
    assert trees(shop.folder / "next") == [tree.name]


def test_a_pth_file_in_a_tree_that_was_built_with_none_is_not_read(shop: Machine, tree: Path) -> None:
    assert answers(answer(shop))
    site_packages = tree / "site-packages"
    site_packages.chmod(0o755)
    (site_packages / "planted.pth").write_text("import sys; print('planted code was run')\n")
    site_packages.chmod(0o555)
    done = answer(shop)
    assert (answers(done), done.stderr) == (True, "")
    verified = shop.run("pyz", "verify")
    assert verified.returncode == 1
    assert verified.stdout == f"{site_packages}/planted.pth: is not part of this build\n"


@pytest.mark.parametrize("inside", ["", "django_pyz_runtime", "django_pyz_runtime/commands", "shop"])
@pytest.mark.parametrize("owner", [0, NOBODY])
def test_a_tree_with_a_folder_inside_that_others_can_write_is_not_used(
    shop: Machine, tree: Path, inside: str, owner: int
) -> None:
    assert answers(answer(shop))
    folder = tree / "site-packages" / inside
    folder.chmod(0o555 if owner else 0o777)
    os.chown(folder, owner, owner)
    done = answer(shop)
    reason = f"is owned by user id {NOBODY}" if owner else "can be written by other users (mode 0777)"
    if inside == "shop":
        # Nothing comes from there.
        assert (answers(done), done.stderr) == (True, "")
    else:
        assert answers(done)
        assert f"shop-script: not using {tree}: {str(folder).rstrip('/')} {reason}" in done.stderr


def test_a_package_is_not_imported_from_a_folder_that_others_can_write(shop: Machine, tree: Path) -> None:
    """The advice is taken: the tree is removed, and the next start makes it."""
    assert answers(answer(shop))
    folder = tree / "site-packages/django_pyz_runtime/commands/pyz"
    folder.chmod(0o777)
    done = answer(shop)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"shop-script: {folder}: can be written by other users (mode 0777); refusing to run code from there\n"
        "shop-script: Remove the tree it is in: the next start makes it.\n"
    )
    subprocess.run(["rm", "-r", tree], check=True)
    assert answers(answer(shop))


IN_A_USER_NAMESPACE = """
import ctypes, os, sys
uid, ids, *command = sys.argv[1:]
ready, mapped = os.pipe(), os.pipe()
if child := os.fork():
    os.close(ready[1])
    assert os.read(ready[0], 1), "the child could not leave the user namespace"
    for kind in ("uid", "gid"):
        with open(f"/proc/{child}/{kind}_map", "w") as file:
            file.write(ids)
    os.write(mapped[1], b"x")
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
assert ctypes.CDLL(None).unshare(0x10000000) == 0
os.write(ready[1], b"x")
os.close(mapped[1])
assert os.read(mapped[0], 1), "the parent could not map the ids"
os.setgid(int(uid))
os.setuid(int(uid))
os.execvp(command[0], command)
"""
_USER = 12345


@pytest.mark.needs(USER_NAMESPACES)
@pytest.mark.parametrize("mapped", [True, False], ids=["root is mapped", "root is not"])
def test_in_a_user_namespace_the_reason_is_told(shop: Machine, mapped: bool) -> None:
    """Its advice is taken: the owner is mapped, or the file is started outside of it."""
    cache = shop.folder / "cache"
    cache.mkdir()
    os.chown(cache, _USER, _USER)
    program = shutil.copy(shop.executable, shop.folder / "shop-script")
    ids = "0 0 65536" if mapped else f"{_USER} {_USER} 1"
    inside: list[str | Path] = [sys.executable, "-c", IN_A_USER_NAMESPACE, str(_USER), ids]
    environment = {"PATH": shop.environment["PATH"], "CACHE_DIRECTORY": str(cache)}
    done = subprocess.run([*inside, program, *ANSWER], env=environment, capture_output=True, text=True)
    if mapped:
        assert (answers(done), done.stderr) == (True, "")
        return
    assert done.returncode == 2
    why = "in this user namespace, unmapped owners all look the same"
    assert (
        f"is owned by user id {NOBODY}, not by root or user id {_USER}: {why}; map the owner into it, or "
        in done.stderr
    )
    outside = subprocess.run(
        [program, *ANSWER], env=environment, user=_USER, group=_USER, capture_output=True, text=True
    )
    assert (answers(outside), outside.stderr) == (True, "")
