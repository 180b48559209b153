"""What a start costs once the tree is there, counted: times differ from machine to machine, these numbers do not."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass

import pytest

from django_pyz_runtime.bundle.bytecode_finder import BYTECODE
from tests.e2e.harness import Machine
from tests.waiting import DEADLINE_SECONDS

MOST_FILES_OF_THE_LAUNCHER = 12
"""Files opened until the tree's own code runs: the bundle, the configuration, a few modules of Python's library."""
MOST_BYTES_OF_THE_HEAD = 330_000
"""Reading twice what is executed takes 0.02 ms."""
MOST_FILES_BESIDE_MODULES = 40
MOST_NAMES_LISTED = 60
CODE = re.compile("/(site-packages|__project__)/")
WATCH = """
import atexit
import sys

_watched = []

def _watch(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        _watched.append(("open", str(arguments[0])))
    elif event in ("os.listdir", "os.scandir"):
        _watched.append(("list", str(arguments[0])))
    elif event == "compile" and arguments[0] is not None:
        _watched.append(("compile", str(arguments[1])))
    elif event == "import" and arguments[0] == "django_pyz_runtime.main":
        _watched.append(("hand over", ""))

def _report():
    import json, os, re
    events = list(_watched)
    tree = re.compile("/(site-packages|__project__)(/|$)")
    modules = sum(bool(tree.search(str(getattr(module, "__file__", "")))) for module in list(sys.modules.values()))
    folders = [path for event, path in events if event == "list" and tree.search(path)]
    listed = [len(os.listdir(path)) for path in folders if os.path.isdir(path)]
    with open(os.environ["WATCHED"], "w") as file:
        json.dump([events, modules, listed], file)

sys.addaudithook(_watch)
atexit.register(_report)
"""


@dataclass(frozen=True)
class Watched:
    """What a process did.

    Attributes:
        events: what, with which path.
        modules: how many of the tree it has imported.
        listed: how many names there are in each folder of the tree that it listed.
    """

    events: list[tuple[str, str]]
    modules: int
    listed: list[int]

    def paths(self, event: str) -> list[str]:
        """The paths of the events of a kind."""
        return [path for found, path in self.events if found == event]


@pytest.fixture
def watched(machine: Machine) -> Watched:
    """A warm `check`, started as the first lines of the bundle start it, with what it does recorded."""
    machine.succeed("check")
    lines = machine.executable.read_bytes()[:8000].decode(errors="replace")
    [program] = re.findall(r"\npython=(\S+)\n", lines)
    [code] = re.findall(r"\ncode='([^']+)'", lines)
    output = machine.folder / "watched.json"
    done = subprocess.run(
        [program, "-S", "-c", WATCH + code, "1", machine.executable, "check"],
        cwd="/",
        env={**machine.environment, "WATCHED": str(output)},
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
    )
    assert (done.returncode, done.stderr) == (0, "")
    events, modules, listed = json.loads(output.read_text())
    return Watched([(event, path) for event, path in events], modules, listed)


def test_the_launcher_opens_few_files(watched: Watched) -> None:
    launcher = watched.events[: watched.events.index(("hand over", ""))]
    assert len([path for event, path in launcher if event == "open"]) <= MOST_FILES_OF_THE_LAUNCHER, launcher
    assert [path for event, path in launcher if event == "list"] == []


def test_the_bundle_is_opened_once_and_only_its_head_is_read(watched: Watched, machine: Machine) -> None:
    assert watched.paths("open").count(str(machine.executable)) == 1
    head = machine.executable.read_bytes().index(b"PK\3\4")
    assert head <= MOST_BYTES_OF_THE_HEAD


def test_a_module_costs_one_file_opened(watched: Watched) -> None:
    opened = [path for path in watched.paths("open") if f"/{BYTECODE}/" in path]
    assert watched.modules > 300
    parts = len(set(opened))
    assert len(opened) <= watched.modules + 2 * parts


def test_other_files_of_the_tree_are_hardly_opened(watched: Watched) -> None:
    others = [path for path in watched.paths("open") if CODE.search(path)]
    assert len(others) <= MOST_FILES_BESIDE_MODULES, others


def test_no_large_folder_is_listed(watched: Watched) -> None:
    assert max(watched.listed, default=0) <= MOST_NAMES_LISTED, watched.paths("list")
    assert [path for path in watched.paths("list") if path.endswith("/site-packages")] == []


def test_nothing_of_the_tree_is_compiled(watched: Watched) -> None:
    assert [path for path in watched.paths("compile") if CODE.search(path)] == []


def test_the_tree_is_not_looked_through(watched: Watched, machine: Machine) -> None:
    assert machine.environment["CACHE_DIRECTORY"] not in watched.paths("list")
