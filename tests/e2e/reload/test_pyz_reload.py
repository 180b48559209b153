"""`pyz reload`: its exit code is what became of the reload."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import Machine
from tests.e2e.reload.releases import BROKEN, build, children, local_settings, page, put_in_place
from tests.waiting import wait_until


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("releases")


@pytest.fixture(scope="module")
def one(folder: Path, checkout: Path) -> Path:
    return build(checkout, folder, "one")


@pytest.fixture(scope="module")
def two(folder: Path, checkout: Path) -> Path:
    return build(checkout, folder, "two")


@pytest.fixture(scope="module")
def broken(folder: Path, checkout: Path) -> Path:
    return build(checkout, folder, "broken", shop__urls=BROKEN)


@pytest.fixture
def shop(one: Path, tmp_path: Path) -> Machine:
    """The site with release one in place."""
    machine = Machine(tmp_path, tmp_path / "shop", "shop")
    put_in_place(one, machine.executable)
    return machine


def test_it_ends_when_the_new_release_serves(shop: Machine, two: Path) -> None:
    with shop.serving("--workers", "2") as server:
        assert page(server) == "one hello"
        put_in_place(two, shop.executable)
        done = shop.run("pyz", "reload")
        assert page(server) == "two hello"
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("shop: reloaded: ")

        shop.succeed("--set", "settings.GREETING=ignored", "pyz", "reload")
        assert page(server) == "two hello"


def test_it_fails_with_the_reason_and_the_old_release_goes_on(shop: Machine, broken: Path, two: Path) -> None:
    with shop.serving("--workers", "1") as server:
        put_in_place(broken, shop.executable)
        for _ in range(2):
            done = shop.run("pyz", "reload")
            assert (done.returncode, done.stdout) == (1, "")
            assert "reload refused, the server keeps running" in done.stderr
            assert "No module named 'no_such_module'" in done.stderr
            assert page(server) == "one hello"

        put_in_place(two, shop.executable)
        assert shop.run("pyz", "reload").returncode == 0
        assert page(server) == "two hello"


def test_a_configuration_that_is_wrong_is_told(shop: Machine) -> None:
    shop.configure("[serve]\nworkers = 1\n")
    with shop.serving() as server:
        shop.configure("[serve]\nworkers = many\n")
        done = shop.run("pyz", "reload")
        assert done.returncode == 1
        assert "[serve] workers: wanted auto or a whole number from 1, found 'many'" in done.stderr
        assert page(server) == "one hello"

        shop.configure("[serve]\nworkers = 1\n[settings]\nGREETING = good day\n")
        shop.succeed("pyz", "reload")
        assert page(server) == "one good day"


def test_a_new_release_whose_workers_fail_after_a_good_try_is_refused(shop: Machine, two: Path) -> None:
    mark = shop.folder / "mark"
    only_workers = (
        f"import os, sys\nif os.path.exists({str(mark)!r}) and '--check' not in sys.argv:\n    raise OSError('no')\n"
    )
    shop.configure(f"[project]\nlocal_settings = {local_settings(shop, only_workers)}\n")
    with shop.serving("--workers", "1") as server:
        assert page(server) == "one hello"
        mark.touch()
        done = shop.run("pyz", "reload")
        assert done.returncode == 1, done.stderr
        assert page(server) == "one hello"
        mark.unlink()
        shop.succeed("pyz", "reload")


def test_several_at_once_all_learn_the_outcome(shop: Machine, two: Path) -> None:
    with shop.serving("--workers", "1") as server:
        put_in_place(two, shop.executable)
        started = [
            subprocess.Popen([shop.executable, "pyz", "reload"], env=shop.environment, cwd=shop.elsewhere)
            for _ in range(3)
        ]
        assert [process.wait() for process in started] == [0, 0, 0]
        assert page(server) == "two hello"


def test_without_a_server_it_says_so(shop: Machine) -> None:
    done = shop.run("pyz", "reload")
    assert done.returncode == 2
    assert "no server of shop was found" in done.stderr
    assert shop.run("pyz", "reload", "--pid", "none").returncode == 2


def test_a_server_that_was_killed_is_no_server(shop: Machine) -> None:
    with shop.serving("--workers", "1") as server:
        wait_until(lambda: children(server), "a worker")
        [worker] = children(server)
        server.process.kill()
        server.process.wait()
        wait_until(lambda: not Path(f"/proc/{worker}").exists(), "the worker to end")
        assert "no server of shop was found" in shop.run("pyz", "reload").stderr


def test_of_two_servers_one_must_be_named(shop: Machine) -> None:
    with shop.serving("--workers", "1") as first, shop.serving("--workers", "1") as second:
        done = shop.run("pyz", "reload")
        assert done.returncode == 2
        assert f"2 servers of shop run: process {min(first.process.pid, second.process.pid)}" in done.stderr
        advice = done.stderr.partition("`shop ")[2].partition("`")[0].split()
        assert shop.run(*advice).returncode == 0
        assert shop.run("pyz", "reload", MAINPID=str(second.process.pid)).returncode == 0


def test_a_server_that_ends_meanwhile_is_told(shop: Machine) -> None:
    gate = shop.folder / "gate"
    os.mkfifo(gate)
    text = f"import sys\nif '--check' in sys.argv:\n    open({str(gate)!r}).read()\n"
    shop.configure(f"[project]\nlocal_settings = {local_settings(shop, text)}\n")
    with shop.serving("--workers", "1") as server:
        process = subprocess.Popen(
            [shop.executable, "pyz", "reload"],
            env=shop.environment,
            cwd=shop.elsewhere,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(lambda: "Reloading: testing" in server.said, lambda: server.said)
        server.stop(signal.SIGTERM)
        _, said = process.communicate()
        assert process.returncode == 2
        assert "the server ended during the reload" in said


def test_status_lists_what_runs_and_names_what_runs_another_release(shop: Machine, two: Path) -> None:
    done = shop.run("pyz", "status")
    assert (done.returncode, done.stderr) == (3, "")
    assert "no running server found that this user may see" in done.stdout

    with shop.serving("--workers", "2") as server:
        assert page(server) == "one hello"
        wait_until(lambda: "2 of 2 workers" in shop.run("pyz", "status").stdout, "both workers")
        [found] = json.loads(shop.succeed("pyz", "status", "--json"))["processes"]
        assert (found["role"], found["pid"], found["children"]) == ("web", server.process.pid, 2)
        assert found["memory_bytes"] > 10_000_000
        assert not found["is_old"]

        put_in_place(two, shop.executable)
        done = shop.run("pyz", "status")
        assert done.returncode == 3
        advice = done.stdout.rpartition("`shop ")[2].partition("`")[0].split()
        assert advice == ["pyz", "reload"]
        shop.succeed(*advice)
        assert "OLD CODE" not in shop.succeed("pyz", "status")
