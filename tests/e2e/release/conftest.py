"""The two releases, built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.release.tea_shop import build_both


@pytest.fixture(scope="session")
def tea(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The older and the newer release."""
    return build_both(checkout, tmp_path_factory.mktemp("tea"))
