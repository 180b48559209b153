"""The tutorial and how-to pages, followed to the letter on a booted Debian machine."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.docs.machine import docs_machine
from tests.e2e.docs.pages import MACHINE, Page, pages
from tests.e2e.systemd.booted import CAN_BOOT

WITH_PACKAGES = ("how-to/celery", "how-to/mariadb", "how-to/postgresql")
"""Pages whose site needs more than Django."""
PAGES = [page for page in pages() if page.is_run(MACHINE)]
TUTORIAL = "tutorial/index"


@CAN_BOOT
@pytest.mark.long
@pytest.mark.parametrize("page", [page for page in PAGES if page.name != TUTORIAL], ids=lambda page: page.name)
def test_a_page_works_as_written(page: Page, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    bundle = request.getfixturevalue("shop_with_packages" if page.name in WITH_PACKAGES else "plain_shop")
    for other in bundle.parent.glob("*.pyz"):
        shutil.copy(other, tmp_path)
    with docs_machine(tmp_path) as server:
        server.bring()
        if "./shop.pyz pyz install" not in page.text:
            server.install()
        server.follow(page)


@CAN_BOOT
@pytest.mark.long
def test_the_tutorial_works_as_written(checkout: Path, tmp_path: Path) -> None:
    [tutorial] = (page for page in PAGES if page.name == TUTORIAL)
    (tmp_path / "django-pyz").symlink_to(checkout)
    with docs_machine(tmp_path) as server:
        server.follow(tutorial)
