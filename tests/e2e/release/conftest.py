"""The sites of these tests, each built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.release.tea_shop import build_both


@pytest.fixture(scope="session")
def tea(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The older and the newer release."""
    return build_both(checkout, tmp_path_factory.mktemp("tea"))


@pytest.fixture(scope="session")
def flat(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of tests/projects/flat, which any Python can run."""
    scratch = tmp_path_factory.mktemp("flat")
    case = Case(Source("flat", "tree", "tests/projects/flat"))
    build(case, checkout, case.source.make(scratch), scratch / "release")
    return scratch / "release"
