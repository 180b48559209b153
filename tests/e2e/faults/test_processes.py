"""First starts that meet, are stopped or are killed; and trees that nobody needs any more."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from django_pyz_runtime.bundle.container import read_container
from tests.e2e.faults.small_machines import answer, answers, trees
from tests.e2e.harness import Machine
from tests.small_bundle import ANSWER, MANIFEST, write_small
from tests.waiting import DEADLINE_SECONDS, wait_until

WAITING = "shop-script: waiting for another process that is unpacking to {tree}\n"


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle that takes a moment to unpack."""
    files = {f"shop/{number}.txt": random.Random(number).randbytes(4000) for number in range(3000)}
    return write_small(tmp_path_factory.mktemp("large"), files=files)


@pytest.fixture
def machine(large: Path, tmp_path: Path) -> Machine:
    """A machine on which it has not been started."""
    return Machine(tmp_path, large, "shop")


@pytest.fixture
def tree(machine: Machine) -> Path:
    """Where its tree belongs."""
    return machine.folder / "cache" / read_container(str(machine.executable)).build_id


@contextlib.contextmanager
def begun(machine: Machine, count: int = 1) -> Iterator[list[subprocess.Popen[str]]]:
    """Starts of the bundle that nobody has waited for yet; those that run at the end of the block are killed."""
    with contextlib.ExitStack() as stack:
        processes = []
        for _ in range(count):
            process = subprocess.Popen(
                [machine.executable, *ANSWER],
                env=machine.environment,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
            stack.callback(end, process)
            processes.append(process)
        yield processes


def end(process: subprocess.Popen[str]) -> None:
    """Kill a process, where it still runs, and those that it has started."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


@contextlib.contextmanager
def stopped_while_unpacking(machine: Machine, tree: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is stopped in the midst of unpacking, until the end of the block.

    Where this process is given no time, the other one is done before it can be stopped: there are others.
    """

    def stopped() -> bool:
        [process] = stack.enter_context(begun(machine))
        wait_until(lambda: tree.exists() or any(tree.parent.glob(".*/site-packages/shop")), "it to unpack")
        os.killpg(process.pid, signal.SIGSTOP)
        wait_until(lambda: state(process) in "TZ", "it to be stopped")
        found.append(process)
        if is_over := tree.exists():
            stack.close()
            subprocess.run(["rm", "-rf", tree], check=True)
        return not is_over

    found: list[subprocess.Popen[str]] = []
    with contextlib.ExitStack() as stack:
        wait_until(stopped, "a process to be stopped in the midst of unpacking")
        yield found[-1]


def state(process: subprocess.Popen[str]) -> str:
    """Whether a child runs (R, S, D), is stopped (T) or has ended (Z)."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2][0]


def test_twenty_four_first_starts_at_once_make_one_tree(machine: Machine, tree: Path) -> None:
    with begun(machine, 24) as started:
        outcomes = [(*process.communicate(timeout=DEADLINE_SECONDS), process.returncode) for process in started]
    assert {(said, code) for said, _, code in outcomes} == {("{}\n", 0)}
    assert {told for _, told, _ in outcomes} <= {"", WAITING.format(tree=tree)}
    assert trees(tree.parent) == [tree.name]


def test_only_one_of_them_unpacks(machine: Machine, tree: Path) -> None:
    with stopped_while_unpacking(machine, tree) as first, begun(machine, 5) as others:
        for process in others:
            assert process.stderr is not None
            assert process.stderr.readline() == WAITING.format(tree=tree)
        assert len(list(tree.parent.glob(f".{tree.name}.????????"))) == 1
        os.killpg(first.pid, signal.SIGCONT)
        assert [process.communicate(timeout=DEADLINE_SECONDS) for process in [first, *others]] == [("{}\n", "")] * 6
    assert trees(tree.parent) == [tree.name]


def test_a_killed_process_keeps_nobody_waiting_and_leaves_nothing(machine: Machine, tree: Path) -> None:
    with stopped_while_unpacking(machine, tree) as first, begun(machine) as [second]:
        assert second.stderr is not None
        assert second.stderr.readline() == WAITING.format(tree=tree)
        os.killpg(first.pid, signal.SIGKILL)
        assert second.communicate(timeout=DEADLINE_SECONDS) == ("{}\n", "")
    assert trees(tree.parent) == [tree.name]


@pytest.mark.long
def test_a_stopped_process_keeps_others_waiting_for_half_a_minute_only(machine: Machine, tree: Path) -> None:
    with stopped_while_unpacking(machine, tree) as first:
        start = time.monotonic()
        done = answer(machine)
        assert time.monotonic() - start > 29
        assert answers(done)
        limit = f"shop-script: waited 30 s for another process that is unpacking to {tree}; continuing without it\n"
        assert done.stderr == WAITING.format(tree=tree) + limit
        # It still works on what it has begun, and finds that it comes second.
        os.killpg(first.pid, signal.SIGCONT)
        assert first.communicate(timeout=DEADLINE_SECONDS) == ("{}\n", "")
    assert trees(tree.parent) == [tree.name]


def test_whoever_is_killed_at_any_moment_leaves_the_next_start_as_it_was(machine: Machine, tree: Path) -> None:
    """Twenty-five times; each moment is a random number of files after the start."""
    chosen = random.Random("kill")
    for _ in range(25):
        moment = chosen.randrange(3000)
        with begun(machine) as [process]:
            wait_until(functools.partial(has_ended_or_unpacked, process, tree.parent, moment), f"{moment} files")
        if tree.exists():
            assert answers(answer(machine))
            subprocess.run(["rm", "-rf", tree], check=True)
    assert answers(answer(machine))
    assert trees(tree.parent) == [tree.name]


def has_ended_or_unpacked(process: subprocess.Popen[str], folder: Path, count: int) -> bool:
    """Whether a process has ended, or more than so many files are unpacked below a folder."""
    found = sum(len(list(path.glob("*"))) for path in folder.glob(".*/site-packages/shop"))
    return process.poll() is not None or found > count


def test_a_term_signal_while_unpacking_leaves_nothing(machine: Machine, tree: Path) -> None:
    with stopped_while_unpacking(machine, tree) as process:
        os.killpg(process.pid, signal.SIGTERM)
        os.killpg(process.pid, signal.SIGCONT)
        process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 128 + signal.SIGTERM
    assert trees(tree.parent) == []


PROGRAM = {
    "__bin__/wait": "#!/bin/sh\n'''exec' /nowhere\n' '''\nimport sys\nprint('ready', flush=True)\nsys.stdin.read()\n",
    "__project__/shop/__init__.py": "",
    "__project__/shop/settings.py": "",
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four builds of one project, each with another tree, in order; a program in them waits for the end of input."""
    folder = tmp_path_factory.mktemp("builds")
    return [
        write_small(folder / str(number), files={"shop/number.py": f"NUMBER = {number}\n", **PROGRAM})
        for number in range(4)
    ]


@contextlib.contextmanager
def running(machine: Machine, executable: Path) -> Iterator[subprocess.Popen[str]]:
    """A process of a build, which runs until the end of the block."""
    process = subprocess.Popen(
        [executable, "pyz", "exec", "wait"],
        env=machine.environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == "ready\n", process.stderr and process.stderr.read()
        yield process
    finally:
        process.communicate()


@pytest.fixture
def shop(builds: list[Path], tmp_path: Path) -> Machine:
    """A machine for the builds."""
    return Machine(tmp_path, builds[0], "shop")


def start(machine: Machine, executable: Path, *command: str) -> str:
    """Start a build, which must end well."""
    machine.executable = executable
    return machine.succeed(*(command or ANSWER))


def names(builds: list[Path], *numbers: int) -> list[str]:
    """The build ids of some of the builds, as they are listed."""
    return sorted(read_container(str(builds[number])).build_id for number in numbers)


def test_a_new_build_leaves_one_other_to_go_back_to(shop: Machine, builds: list[Path]) -> None:
    cache = shop.folder / "cache"
    found = []
    for number in range(4):
        start(shop, builds[number])
        found.append(trees(cache))
    assert found == [names(builds, 0), names(builds, 0, 1), names(builds, 1, 2), names(builds, 2, 3)]


def test_a_tree_in_use_stays_until_its_last_process_ends(shop: Machine, builds: list[Path]) -> None:
    cache = shop.folder / "cache"
    first = cache / names(builds, 0)[0]
    with running(shop, builds[0]) as process:
        for number in (1, 2):
            start(shop, builds[number])
        assert trees(cache) == names(builds, 0, 1, 2)
        said = start(shop, builds[2], "pyz", "prune", "--keep", "0")
        assert f"{first}: kept: a process is using it\n" in said
        assert trees(cache) == names(builds, 0, 2)
        assert process.poll() is None
    said = start(shop, builds[2], "pyz", "prune", "--keep", "0")
    assert said == f"{first}: removed\n"
    assert trees(cache) == names(builds, 2)


def test_prune_says_what_it_keeps_and_never_removes_its_own(shop: Machine, builds: list[Path]) -> None:
    cache = shop.folder / "cache"
    for number in (0, 1):
        start(shop, builds[number])
    older = cache / names(builds, 0)[0]
    assert start(shop, builds[1], "pyz", "prune") == f"{older}: kept: to go back to\n"
    assert start(shop, builds[0], "pyz", "prune", "--keep", "0") == f"{cache / names(builds, 1)[0]}: removed\n"
    assert start(shop, builds[0], "pyz", "prune", "--keep", "0") == ""
    assert trees(cache) == names(builds, 0)


def test_prune_removes_what_was_left_over_and_nothing_of_others(
    shop: Machine, builds: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = shop.folder / "cache"
    other = MANIFEST._replace(name="other")
    elses = write_small(tmp_path_factory.mktemp("other"), manifest=other)
    start(shop, elses)
    start(shop, builds[0])
    strange = ["notes.txt", ".hidden", "0123abc", f"{'0' * 63}x"]
    for name in strange:
        (cache / name).mkdir()
    left = [f".{'a' * 64}.abcd_123", f".{'a' * 64}.lock", f"{'a' * 64}.{'b' * 12}", f".{'a' * 64}.{'b' * 12}.abcd_123"]
    for name in left:
        (cache / name).mkdir()
    said = start(shop, builds[0], "pyz", "prune", "--keep", "0")
    assert sorted(said.splitlines()) == sorted(f"{cache / name}: removed" for name in left)
    expected = [*strange, *names(builds, 0), read_container(str(elses)).build_id]
    assert trees(cache) == sorted(expected)


def test_a_number_that_is_none_is_refused(shop: Machine) -> None:
    done = shop.run("pyz", "prune", "--keep", "-1")
    assert done.returncode == 2
    assert "argument --keep" in done.stderr
