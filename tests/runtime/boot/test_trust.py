"""May this process run code from that folder?"""

from __future__ import annotations

import os
import pwd
import struct
from pathlib import Path

import pytest

from django_pyz_runtime.boot import trust
from tests.runtime.conftest import run_as

ME = os.geteuid()
NOBODY = 65534
as_root = pytest.mark.needs("root")
_ANYONE = 0xFFFFFFFF
ACCESS_LIST = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHI", *entry)
    for entry in ((1, 7, _ANYONE), (2, 7, NOBODY), (4, 0, _ANYONE), (0x10, 7, _ANYONE), (0x20, 0, _ANYONE))
)
"""The owner, nobody, the group, the mask, others (linux/posix_acl_xattr.h)."""


@pytest.fixture
def tree(open_folder: Path) -> Path:
    """A folder in a folder."""
    (open_folder / "cache").mkdir(mode=0o700)
    (open_folder / "cache/tree").mkdir(mode=0o700)
    return open_folder / "cache/tree"


def check_as(uid: int, path: Path) -> str:
    """Check as another user, in a process of that user's."""
    code = """
try: trust.check(sys.argv[1], os.geteuid()); print("trusted")
except trust.Untrusted as reason: print(reason)
"""
    return run_as(uid, "import grp, pwd\nfrom django_pyz_runtime.boot import trust", code, path).strip()


def test_a_private_folder_below_tmp_is_trusted(tree: Path) -> None:
    trust.check(str(tree), ME)


@pytest.mark.parametrize("mode", [0o777, 0o702, 0o722, 0o1777])
def test_a_folder_that_everyone_may_write_is_refused(mode: int, tree: Path) -> None:
    tree.chmod(mode)
    with pytest.raises(trust.Untrusted, match=f"^{tree} can be written by other users \\(mode {mode:04o}\\)$"):
        trust.check(str(tree), ME)


def test_a_folder_above_that_everyone_may_write_is_refused(tree: Path) -> None:
    tree.parent.chmod(0o777)
    with pytest.raises(trust.Untrusted, match=f"^{tree.parent} can be written"):
        trust.check(str(tree), ME)


def test_a_symbolic_link_on_the_way_is_refused(tree: Path, open_folder: Path) -> None:
    (open_folder / "link").symlink_to(tree.parent)
    with pytest.raises(trust.Untrusted, match=r"/link is a symbolic link$"):
        trust.check(str(open_folder / "link/tree"), ME)


def test_a_file_is_no_folder(tree: Path) -> None:
    (tree / "file").touch(mode=0o600)
    trust.check_file(str(tree / "file"), ME)
    with pytest.raises(trust.Untrusted, match=r"is not a folder$"):
        trust.check(str(tree / "file"), ME)


def test_a_file_that_others_may_write_is_refused(tree: Path) -> None:
    (tree / "local.py").touch()
    (tree / "local.py").chmod(0o646)
    with pytest.raises(trust.Untrusted, match=r"local\.py can be written by other users"):
        trust.check_file(str(tree / "local.py"), ME)


@as_root
def test_a_tree_of_another_user_is_refused(tree: Path) -> None:
    os.chown(tree, NOBODY, NOBODY)
    with pytest.raises(trust.Untrusted, match=f"^{tree} is owned by user id {NOBODY}, not by root or user id 0$"):
        trust.check(str(tree), 0)


@as_root
def test_a_tree_below_a_folder_of_another_user_is_refused(tree: Path) -> None:
    os.chown(tree.parent, NOBODY, NOBODY)
    with pytest.raises(trust.Untrusted, match=f"^{tree.parent} is owned by"):
        trust.check(str(tree), 0)


@as_root
def test_a_sticky_folder_counts_only_where_root_owns_it(tree: Path) -> None:
    tree.parent.chmod(0o1777)
    trust.check(str(tree), 0)
    os.chown(tree.parent, NOBODY, NOBODY)
    with pytest.raises(trust.Untrusted, match="can be written by other users"):
        trust.check(str(tree), NOBODY)


@as_root
def test_a_group_that_may_write_is_refused_unless_it_is_the_users_own(tree: Path) -> None:
    user = pwd.getpwnam("games")
    tree.parent.chmod(0o755)
    tree.chmod(0o770)
    os.chown(tree, user.pw_uid, user.pw_gid)
    trust.check(str(tree), user.pw_uid)
    os.chown(tree, user.pw_uid, 1)
    with pytest.raises(trust.Untrusted, match="mode 0770"):
        trust.check(str(tree), user.pw_uid)


@as_root
def test_an_access_control_list_is_no_group_of_ones_own(tree: Path) -> None:
    """As `setfacl -m u:nobody:rwx` makes it: the mode shows the most that any of its entries may do."""
    user = pwd.getpwnam("games")
    tree.parent.chmod(0o755)
    os.chown(tree, user.pw_uid, user.pw_gid)
    tree.chmod(0o770)
    os.setxattr(tree, "system.posix_acl_access", ACCESS_LIST)
    reason = f"^{tree} can be written by other users \\(mode 0770\\), by its ACL \\(remove it: setfacl -b"
    with pytest.raises(trust.Untrusted, match=reason):
        trust.check(str(tree), user.pw_uid)
    os.removexattr(tree, "system.posix_acl_access")
    trust.check(str(tree), user.pw_uid)


@as_root
def test_root_has_no_group_of_its_own(tree: Path) -> None:
    tree.chmod(0o770)
    os.chown(tree, 0, 0)
    with pytest.raises(trust.Untrusted, match="mode 0770"):
        trust.check(str(tree), 0)


@as_root
def test_another_user_trusts_its_own_tree_and_roots(tree: Path) -> None:
    tree.parent.chmod(0o755)
    assert check_as(NOBODY, tree) == "trusted"
    os.chown(tree, NOBODY, NOBODY)
    assert check_as(NOBODY, tree) == "trusted"


@as_root
def test_another_user_does_not_trust_a_third_ones_tree(tree: Path) -> None:
    tree.parent.chmod(0o755)
    os.chown(tree, 12345, 12345)
    assert check_as(NOBODY, tree) == f"{tree} is owned by user id 12345, not by root or user id {NOBODY}"


def test_links_of_ones_own_are_followed(open_folder: Path) -> None:
    (open_folder / "real/deep").mkdir(parents=True)
    (open_folder / "one").symlink_to("real")
    (open_folder / "two").symlink_to(open_folder / "one/deep/..")
    expected = f"{open_folder}/real/not/there"
    for path in ("real/not/there", "one/not/there", "two/./not/there", "one/../one//not/there"):
        assert trust.resolve(f"{open_folder}/{path}", ME) == expected == os.path.realpath(f"{open_folder}/{path}")


def test_links_in_a_circle_are_refused(open_folder: Path) -> None:
    (open_folder / "one").symlink_to("two")
    (open_folder / "two").symlink_to("one")
    with pytest.raises(trust.Untrusted, match="is a symbolic link"):
        trust.resolve(f"{open_folder}/one", ME)


@as_root
def test_a_link_of_another_user_is_refused_wherever_it_leads(open_folder: Path) -> None:
    (open_folder / "link").symlink_to("/etc")
    os.chown(open_folder / "link", NOBODY, NOBODY, follow_symlinks=False)
    with pytest.raises(trust.Untrusted, match=f"^{open_folder}/link is a symbolic link of user id {NOBODY} to /etc$"):
        trust.resolve(f"{open_folder}/link/shop", 0)
