"""Pages of another release find their static files, as long as that release is on disk."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.harness import Machine, Server
from tests.e2e.reload.releases import page, put_in_place, reload, service, style


@pytest.fixture
def alone(released: Machine) -> Machine:
    """The first release on a machine where no other one has been."""
    released.environment["CACHE_DIRECTORY"] = str(released.folder / "cache")
    return released


def check_first(server: Server, path: str) -> None:
    """The style sheet of the first release is served, and may be kept."""
    answer = server.get(path)
    assert (answer.status, answer.body) == (200, b"/* first */\n")
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("interface", ["wsgi", "asgi"])
def test_those_of_the_release_before_are_served_after_a_reload_while_its_tree_is_there(
    interface: str, alone: Machine, releases: dict[str, Path]
) -> None:
    with service(alone, "--set", f"serve.interface={interface}") as (server, systemd):
        before = style(server)
        check_first(server, before)
        put_in_place(releases["second"], alone.executable)
        reload(server, systemd)
        assert page(server) == "second hello"
        assert style(server) != before
        check_first(server, before)
        # Another file may have that name by now, or there is a reason why there is none.
        assert server.get("/static/shop/only-second.css").status == 200
        assert server.get("/static/shop/only-first.css").status == 404
        assert server.get("/static/shop/site.0123456789ab.css").status == 404
        remove_tree(alone, "first")
        assert server.get(before).status == 404
        assert "Traceback" not in server.said


def test_a_host_with_the_old_release_serves_those_of_the_new_one_that_is_there_already(
    alone: Machine, releases: dict[str, Path]
) -> None:
    with alone.serving() as server:
        check_first(server, style(server))
        put_in_place(releases["second"], alone.executable)
        with alone.serving() as new:
            of_new = style(new)
        answer = server.get(of_new)
        assert (answer.status, answer.body) == (200, b"/* second */\n")


def test_those_that_another_user_may_have_written_are_not(alone: Machine, releases: dict[str, Path]) -> None:
    with alone.serving() as server:
        before = style(server)
    put_in_place(releases["second"], alone.executable)
    alone.succeed("check")
    tree_of(alone, "first").chmod(0o777)
    with alone.serving() as server:
        assert server.get(before).status == 404


def tree_of(machine: Machine, release: str) -> Path:
    """The tree of a release."""
    cache = Path(machine.environment["CACHE_DIRECTORY"])
    [static] = cache.glob(f"*/site-packages/__static__/shop/only-{release}.css")
    return static.parents[3]


def remove_tree(machine: Machine, release: str) -> None:
    """Remove the tree of a release that no process uses any more; whoever runs this may be no root."""
    tree = tree_of(machine, release)
    for folder in (path for path in [tree, *tree.rglob("*")] if path.is_dir()):
        folder.chmod(0o700)
    shutil.rmtree(tree)
