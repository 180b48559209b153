"""A database that is not the release's own: newer, or older."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, wait_for_line
from tests.e2e.release.tea_shop import machine_with
from tests.e2e.reload.releases import children, manager, put_in_place, reload, service
from tests.waiting import wait_until

AHEAD = "The database is ahead by: shop.0002_tea_origin"


@pytest.fixture
def site(tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with the older release, and its database."""
    machine = machine_with(tmp_path / "site", tea[0], shared_cache)
    machine.succeed("migrate", "--verbosity", "0")
    return machine


def migrate_by(release: Path, site: Machine) -> None:
    """Migrate the site's database with another release."""
    subprocess.run([release, "migrate", "--verbosity", "0"], check=True, env=site.environment, cwd=site.elsewhere)


def test_an_older_release_says_how_to_go_back_and_that_helps(tea: tuple[Path, Path], site: Machine) -> None:
    migrate_by(tea[1], site)
    done = site.run("runserve", "--check")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"shop: {AHEAD}\n" in done.stderr
    assert "undo them with its file as NEWER-FILE: `NEWER-FILE migrate shop 0001_initial`" in done.stderr
    with site.serving() as server:
        wait_for_line(server, re.escape(AHEAD))
        assert server.get("/").status == 200
        assert server.get("/-/ready").status == 503
        wait_for_line(server, f"not ready: migrations: {AHEAD}")
        command = re.search("`NEWER-FILE (.*?)`", done.stderr)
        assert command
        undo = [str(tea[1]), *command[1].split()]
        subprocess.run(undo, check=True, env=site.environment, cwd=site.elsewhere)
        wait_until(lambda: server.get("/-/ready").status == 200, lambda: server.said)
    assert site.succeed("runserve", "--check") == "shop: the site can be served\n"


def test_the_kept_executable_of_the_newer_release_is_named(
    tea: tuple[Path, Path], site: Machine, tmp_path: Path
) -> None:
    releases = site.folder / "lib" / "shop" / "releases"
    newer = {**site.environment, "CACHE_DIRECTORY": str(releases)}
    subprocess.run([tea[1], "migrate", "--verbosity", "0"], check=True, env=newer, cwd=site.elsewhere)
    [tree] = [path for path in releases.iterdir() if not path.name.startswith(".")]
    tree.chmod(0o755)
    shutil.copy(tea[1], tree / "shop")
    said = site.run("runserve", "--check").stderr
    command = re.search(r"undo them with it: `(.*?)`", said)
    assert command, said
    assert command[1] == f"{tree}/shop migrate shop 0001_initial"
    subprocess.run(["sh", "-c", command[1]], check=True, env=site.environment, cwd=site.elsewhere)
    site.succeed("runserve", "--check")


def test_records_that_no_release_has_any_more_can_be_forgotten(tea: tuple[Path, Path], site: Machine) -> None:
    migrate_by(tea[1], site)
    command = re.search(r"delete their records: `shop (.*?)`", site.run("runserve", "--check").stderr)
    assert command
    site.succeed(*command[1].split())
    site.succeed("runserve", "--check")


def test_a_policy_can_refuse_a_start_or_warn_of_it(tea: tuple[Path, Path], site: Machine) -> None:
    migrate_by(tea[1], site)
    done = site.run("--set", "serve.migrations=refuse", "runserve", "--bind", "127.0.0.1:0")
    assert done.returncode == 2
    assert AHEAD in done.stderr
    assert site.succeed("--set", "serve.migrations=warn", "runserve", "--check").endswith("can be served\n")
    with site.serving("--set", "serve.migrations=warn") as server:
        wait_for_line(server, re.escape(AHEAD))
        assert server.get("/-/ready").status == 200


def test_a_release_that_serves_already_goes_on_when_a_newer_one_migrates(tea: tuple[Path, Path], site: Machine) -> None:
    with service(site) as (server, _):
        assert server.get("/-/ready").status == 200
        migrate_by(tea[1], site)
        before = children(server)
        for worker in before:
            os.kill(worker, signal.SIGKILL)
        wait_until(lambda: len(children(server) - before) == 2, "other workers")
        wait_for_line(
            server, "It was fine when the server started; the server keeps running", lambda: server.get("/-/ready")
        )
        for _ in range(8):
            assert server.get("/-/ready").status == 200


def test_a_newer_release_is_not_reloaded_before_its_migrations_are_there(tea: tuple[Path, Path], site: Machine) -> None:
    told = "1 migrations are not applied, the first is shop.0002_tea_origin"
    with service(site) as (server, systemd):
        put_in_place(tea[1], site.executable)
        assert reload(server, systemd)["STATUS"] == f"reload refused: shop: {told}"
        assert server.get("/").text.startswith("older ")
        site.succeed("migrate", "--verbosity", "0")
        assert "release" in reload(server, systemd)["STATUS"]
        wait_until(lambda: server.get("/").text.startswith("newer "), lambda: server.said)


def test_a_newer_release_is_not_ready_before_its_migrations_are_there(tea: tuple[Path, Path], site: Machine) -> None:
    put_in_place(tea[1], site.executable)
    done = site.run("runserve", "--check")
    assert done.returncode == 2
    assert "Run `shop migrate` first, or `shop runserve --migrate`." in done.stderr
    with manager(site.folder), site.serving() as server:
        wait_for_line(server, "1 migrations are not applied, the first is shop.0002_tea_origin. Run `shop migrate`")
        assert server.get("/-/ready").status == 503
        site.succeed("migrate", "--verbosity", "0")
        wait_until(lambda: server.get("/-/ready").status == 200, lambda: server.said)
