"""Whatever runs from an unpacked tree holds it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from django_pyz_runtime.boot import tree_locks
from django_pyz_runtime.bundle.container import read_container
from tests.conftest import CHECKOUT
from tests.e2e.harness import Machine, wait_for_line
from tests.waiting import wait_until

PAUSE = "import signal; print('ready', flush=True); signal.pause()"
WSGI = f"import runpy, sys; runpy.run_path(sys.argv[1]); {PAUSE}"


@pytest.fixture
def tree(machine: Machine) -> str:
    """The sample's tree, which is there."""
    machine.succeed("check")
    return os.path.join(machine.environment["CACHE_DIRECTORY"], read_container(str(machine.executable)).build_id)


def is_free(tree: str) -> bool:
    """Whether nobody holds it."""
    if (descriptor := tree_locks.take_to_remove(tree)) is None:
        return False
    os.close(descriptor)
    return True


@pytest.mark.parametrize(
    "command", [("shell", "-v", "0", "-c", PAUSE), ("pyz", "exec", "python", "-c", PAUSE)], ids=["command", "child"]
)
def test_a_process_of_the_bundle_does(machine: Machine, tree: str, command: tuple[str, ...]) -> None:
    with machine.started(*command) as process:
        wait_for_line(process, "ready")
        assert not is_free(tree)
    wait_until(lambda: is_free(tree), f"nobody to hold {tree}")


def test_a_server_and_its_workers_do(machine: Machine, tree: str) -> None:
    machine.succeed("migrate", "-v", "0")
    with machine.serving("--workers", "1"):
        assert not is_free(tree)
    wait_until(lambda: is_free(tree), f"nobody to hold {tree}")


def test_a_wsgi_server_of_ones_own_does(machine: Machine, tree: str) -> None:
    text = (CHECKOUT / "etc/project/myproj.wsgi").read_text()
    script = machine.folder / "myproj.wsgi"
    script.write_text(text.replace("/usr/bin/project-script", str(machine.executable)))
    machine.executable = Path(sys.executable)
    with machine.started("-c", WSGI, str(script)) as process:
        wait_for_line(process, "ready")
        assert not is_free(tree)
    wait_until(lambda: is_free(tree), f"nobody to hold {tree}")
