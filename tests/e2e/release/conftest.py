"""The sites of these tests, each built once."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from tests.e2e.corpus.cases import Case, build
from tests.e2e.corpus.sources import Source
from tests.e2e.release.tea_shop import FILES, NEWER, PRICED, TROUBLED, build_both
from tests.e2e.release.upgrading import Installation
from tests.e2e.reload import releases
from tests.sharing import made_once

NEWER_PAGE = """
from django.http import HttpResponse

urlpatterns.append(path("newer/", lambda request: HttpResponse("newer")))
"""
"""What a next release adds to urls.py."""


def build_with(checkout: Path, scratch: Path, source: Source, urls: str, more: str) -> None:
    """Build a project as scratch/release.

    Args:
        checkout: whose build_pyz.py is used.
        scratch: an empty folder.
        source: the project.
        urls: its file with the URL patterns.
        more: added at the end of that.
    """
    case = Case(source)
    project = case.source.make(scratch)
    with (project / urls).open("a") as file:
        file.write(more)
    build(case, checkout, project, scratch / "release")


def _build_flat(checkout: Path, scratch: Path, more: str) -> None:
    build_with(checkout, scratch, Source("flat", "tree", "tests/projects/flat"), "urls.py", more)


@pytest.fixture(scope="session")
def flat(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of tests/projects/flat."""
    return made_once(tmp_path_factory, "flat", lambda folder: _build_flat(checkout, folder, "")) / "release"


@pytest.fixture(scope="session")
def newer_flat(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The next release of it, with one more page."""
    return (
        made_once(tmp_path_factory, "newer-flat", lambda folder: _build_flat(checkout, folder, NEWER_PAGE)) / "release"
    )


@pytest.fixture(scope="session")
def tea(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The older and the newer release."""
    folder = made_once(tmp_path_factory, "tea", lambda folder: build_both(checkout, folder))
    return folder / "older" / "shop.pyz", folder / "newer" / "shop.pyz"


@pytest.fixture(scope="session")
def troubled(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A newer release that fails where it is told to."""

    def make(folder: Path) -> None:
        releases.build(checkout, folder, "troubled", **TROUBLED)

    return made_once(tmp_path_factory, "troubled", make) / "troubled" / "shop.pyz"


@pytest.fixture
def installed(tea: tuple[Path, Path], tmp_path: Path, shared_cache: Path) -> Installation:
    """The older release, installed, with its database."""
    return Installation(tmp_path, tea[0], shared_cache)


_PAGES = """
import os
import threading

from django.db.backends.signals import connection_created


def fail(**facts):
    # Whatever loads the site does so in the main thread; whether it is ready is found out in another one.
    if os.environ.get("TROUBLE") == "ready" and threading.current_thread() is not threading.main_thread():
        raise RuntimeError("trouble")


connection_created.connect(fail, weak=False)
"""
_SERVICES = (
    ('huey = "run_huey"\n', 'mail = "rq worker mail"\n'),
    ('"daily"\n', '"weekly"\n"check --fail-level ERROR" = "daily"\n'),
)


@pytest.fixture(scope="session")
def workers(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two releases of tests/projects/workers; the second has other services, and need not be ready ([env] TROUBLE)."""
    folder = made_once(tmp_path_factory, "workers", partial(_build_workers, checkout))
    return folder / "first", folder / "second"


def _build_workers(checkout: Path, scratch: Path) -> None:
    case = Case(Source("workers", "tree", "tests/projects/workers"))
    project = case.source.make(scratch)
    said = build(case, checkout, project, scratch / "first")
    assert "to run its worker as a unit" not in said
    settings, table = project / "shop" / "settings.py", project / "pyproject.toml"
    settings.write_text(settings.read_text().replace("the first", "the second"))
    with (project / "shop" / "urls.py").open("a") as file:
        file.write(_PAGES)
    text = table.read_text()
    for before, after in _SERVICES:
        assert before in text
        text = text.replace(before, after)
    table.write_text(text)
    build(case, checkout, project, scratch / "second")


@pytest.fixture(scope="session")
def priced_tea(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release after those two, with a migration that needs a pause."""

    def make(folder: Path) -> None:
        releases.build(checkout, folder, "priced", **{**FILES, **NEWER, **PRICED})

    return made_once(tmp_path_factory, "priced", make) / "priced" / "shop.pyz"
