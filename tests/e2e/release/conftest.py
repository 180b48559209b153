"""The sites of these tests, each built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.release.tea_shop import build_both

NEWER_PAGE = """
from django.http import HttpResponse

urlpatterns.append(path("newer/", lambda request: HttpResponse("newer")))
"""
"""What a next release adds to urls.py."""


def _build(checkout: Path, scratch: Path, urls: str) -> Path:
    case = Case(Source("flat", "tree", "tests/projects/flat"))
    project = case.source.make(scratch)
    with (project / "urls.py").open("a") as file:
        file.write(urls)
    build(case, checkout, project, scratch / "release")
    return scratch / "release"


@pytest.fixture(scope="session")
def flat(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of tests/projects/flat."""
    return _build(checkout, tmp_path_factory.mktemp("flat"), "")


@pytest.fixture(scope="session")
def newer_flat(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next release of it, with one more page."""
    return _build(checkout, tmp_path_factory.mktemp("newer-flat"), NEWER_PAGE)


@pytest.fixture(scope="session")
def tea(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The older and the newer release."""
    return build_both(checkout, tmp_path_factory.mktemp("tea"))
