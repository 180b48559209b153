"""Machines with a project on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.harness import Machine
from tests.e2e.like_a_venv.tools_project import CHILD, COMMAND, Says, build_tools, said, site_packages, tools_machine
from tests.e2e.reload.releases import BROKEN, FILES, build, put_in_place
from tests.e2e.systemd.booted_releases import ReleaseSite, booted_releases, build_one_and_two
from tests.sharing import made_once
from tests.small_bundle import write_small


@pytest.fixture
def machine(sample_bundle: Path, tmp_path: Path, shared_cache: Path) -> Machine:
    """A fresh machine; the unpacked tree is shared between tests, as each test would else unpack it again."""
    made = Machine(tmp_path, sample_bundle)
    made.environment["CACHE_DIRECTORY"] = str(shared_cache)
    return made


@pytest.fixture
def migrated(machine: Machine) -> Machine:
    """A machine whose database is there."""
    machine.succeed("migrate", "--verbosity", "0")
    return machine


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One place for unpacked trees."""
    return tmp_path_factory.mktemp("trees")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small bundle."""
    return write_small(tmp_path_factory.mktemp("small"))


@pytest.fixture
def shop(small: Path, tmp_path: Path) -> Machine:
    """A machine with the small bundle, on which it has not been started yet."""
    return Machine(tmp_path, small, "shop")


@pytest.fixture(scope="module")
def booted_site(
    request: pytest.FixtureRequest, checkout: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ReleaseSite]:
    """A site on a booted machine of the Debian release that the module names."""
    folder = made_once(tmp_path_factory, "one-and-two", lambda folder: build_one_and_two(checkout, folder))
    with booted_releases(request.module.SUITE, folder) as made:
        yield made


@pytest.fixture
def site(booted_site: ReleaseSite) -> ReleaseSite:
    """The same, stopped, with release one in place."""
    booted_site.begin()
    return booted_site


@pytest.fixture(scope="session")
def tools(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine with tests/projects/tools on it, the tree unpacked."""
    made = made_once(tmp_path_factory, "tools", lambda folder: build_tools(checkout, folder))
    return tools_machine(made / "release", tmp_path_factory.mktemp("tools"))


@pytest.fixture(scope="session")
def tree(tools: Machine) -> Path:
    """The unpacked code of that."""
    return site_packages(tools)


@pytest.fixture(params=[COMMAND, CHILD], ids=["command", "child"])
def says(request: pytest.FixtureRequest, tools: Machine) -> Says:
    """Runs code there, in a management command or in a child process."""
    return lambda code, **environment: said(tools, *request.param, code, **environment)


@pytest.fixture(scope="session")
def releases(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three releases of a site; the second brings time zone data, the last one cannot be imported."""
    with_data = FILES["requirements.txt"] + "tzdata\n"
    changes = {"first": {}, "second": {"requirements.txt": with_data}, "broken": {"shop__urls": BROKEN}}

    def make(folder: Path) -> None:
        for name, changed in changes.items():
            build(checkout, folder, name, **changed)

    folder = made_once(tmp_path_factory, "releases", make)
    return {name: folder / name / "shop.pyz" for name in changes}


@pytest.fixture
def released(releases: dict[str, Path], tmp_path: Path, shared_cache: Path) -> Machine:
    """A machine with the first one, whose site says which release it is of."""
    program = tmp_path / "bin" / "shop"
    program.parent.mkdir()
    put_in_place(releases["first"], program)
    machine = Machine(tmp_path, program, "shop")
    machine.environment["CACHE_DIRECTORY"] = str(shared_cache)
    machine.configure("[serve]\nworkers = 2\n")
    return machine
