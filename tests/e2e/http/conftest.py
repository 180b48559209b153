"""The channels project, built."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.sharing import made_once


@pytest.fixture(scope="session")
def channels_bundle(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """tests/projects/channels, built; it has PostgreSQL's driver."""

    def make(folder: Path) -> None:
        case = Case(Source("channels", "tree", "tests/projects/channels"))
        build(case, checkout, case.source.make(folder), folder / "release")

    return made_once(tmp_path_factory, "channels", make) / "release"
