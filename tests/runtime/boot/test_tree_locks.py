"""A folder that is held is free again once nobody lives who held it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.errors import UserError
from tests.waiting import DEADLINE_SECONDS, wait_until


def is_free(path: Path) -> bool:
    """Whether somebody else could take it now."""
    if (descriptor := tree_locks.take_to_remove(str(path))) is None:
        return False
    os.close(descriptor)
    return True


def test_many_may_hold_a_folder_and_nobody_may_take_it_meanwhile(tmp_path: Path) -> None:
    first, second = tree_locks.hold(str(tmp_path)), tree_locks.hold(str(tmp_path))
    assert first is not None
    assert second is not None
    assert not is_free(tmp_path)
    os.close(first)
    assert not is_free(tmp_path)
    os.close(second)
    assert is_free(tmp_path)


def test_forked_children_hold_what_their_parent_held(tmp_path: Path) -> None:
    code = """
import os, sys
from django_pyz_runtime.boot import tree_locks
tree_locks.hold(sys.argv[1])
if os.fork():
    os._exit(0)
print("child", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "child\n"
        assert process.wait(DEADLINE_SECONDS) == 0
        assert not is_free(tmp_path)
        process.communicate()
    wait_until(lambda: is_free(tmp_path), f"nobody to hold {tmp_path}")


def test_programs_that_are_started_do_not_hold_it(tmp_path: Path) -> None:
    descriptor = tree_locks.hold(str(tmp_path))
    assert descriptor is not None
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, close_fds=False) as process:
        os.close(descriptor)
        assert is_free(tmp_path)
        process.communicate()


def test_whoever_wants_to_run_from_a_folder_does_not_wait_for_a_lock_of_a_stranger(tmp_path: Path) -> None:
    descriptor = tree_locks.take_to_remove(str(tmp_path))
    assert descriptor is not None
    second = tree_locks.hold(str(tmp_path))
    assert second is not None
    os.close(second)
    os.close(descriptor)


def test_what_is_not_there_cannot_be_held(tmp_path: Path) -> None:
    assert tree_locks.hold(str(tmp_path / "gone")) is None
    assert tree_locks.take_to_remove(str(tmp_path / "gone")) is None
    with pytest.raises(UserError, match="was just removed by another process\nStart it again"):
        tree_locks.hold_own_tree(str(tmp_path / "gone/site-packages"))


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with pytest.raises(OSError, match="symbolic links"):
        tree_locks.take_to_remove(str(tmp_path / "link"))
