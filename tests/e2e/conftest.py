"""A machine with the sample project on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.harness import Machine


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
