"""What another user may have put in the way of a tree is refused, with its path and the reason, and never executed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.container import read_container
from tests.e2e.faults.small_machines import NOBODY, answer, answers, as_nobody, as_root, trees
from tests.e2e.harness import Machine
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
    assert f"shop-script: {lock} is no lock file of root's or of user id 0: using " in done.stderr
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
    assert verified.stdout == f"{site_packages}/planted.pth: is not of this build\n"
