"""README.md is short, docs/ builds without a complaint, and its pages ask nobody for anything."""

from __future__ import annotations

import html
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from tests.conftest import CHECKOUT
from tests.documents import DOCS, README, TYPED, commands
from tests.reference import TABLES, up_to_date

TEXT = README.read_text(encoding="utf-8")
MOST_WORDS = 700
FETCHED = {"script": "src", "img": "src", "iframe": "src", "link": "href", "source": "src", "object": "data"}
"""What a browser asks for by itself: elements and their attributes."""


class Page(HTMLParser):
    """A page that was built.

    Attributes:
        fetched: the addresses of what a browser asks for to show it.
        links: where its links lead.
        ids: what a link can lead to in it.
        text: the page.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.text = path.read_text(encoding="utf-8")
        self.feed(self.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an element's addresses."""
        found = {name: value or "" for name, value in attrs}
        self.ids.add(found.get("id", ""))
        if address := found.get(FETCHED.get(tag, "")):
            self.fetched.append(address)
        if tag == "a" and "href" in found:
            self.links.append(found["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built pages."""
    folder = tmp_path_factory.mktemp("site")
    options = ["build", "--strict", "--config-file", str(CHECKOUT / ".mkdocs.yml"), "--site-dir", str(folder)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", *options]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """The same, read."""
    return {path: Page(path) for path in site.rglob("*.html")}


def test_every_document_is_a_page(site: Path) -> None:
    documents = {path.relative_to(DOCS).with_suffix(".html") for path in DOCS.rglob("*.md")}
    assert documents <= {path.relative_to(site) for path in site.rglob("*.html")}


def test_no_page_asks_another_host_for_anything(site: Path, pages: dict[Path, Page]) -> None:
    assert [address for page in pages.values() for address in page.fetched if urlsplit(address).netloc] == []
    styles = [*site.rglob("*.css"), *site.rglob("*.svg")]
    asked = [
        found
        for path in styles
        for found in re.findall(r"(?:url\(|@import)\s*[\"']?((?:https?:)?//[^)\"' ]*)", path.read_text())
    ]
    assert asked == []
    # No code that counts visitors, and none that looks for the repository's stars.
    assert [
        path for path, page in pages.items() if re.search("google|analytics|data-md-component=.source", page.text)
    ] == []


def test_the_links_between_pages_lead_somewhere(site: Path, pages: dict[Path, Page]) -> None:
    assert list(_dead_links(site, pages)) == []


def _dead_links(site: Path, pages: dict[Path, Page]) -> Iterator[str]:
    for path, page in pages.items():
        for link in [*page.links, *page.fetched]:
            parts = urlsplit(link)
            # The page for what is not found has the addresses of a server.
            if parts.scheme or parts.netloc or path == site / "404.html":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            if not target.exists() or (parts.fragment and target in pages and parts.fragment not in pages[target].ids):
                yield f"{path.relative_to(site)}: {link}"


@pytest.mark.parametrize("name", TABLES)
def test_the_reference_is_what_the_declarations_make(name: str) -> None:
    text = (DOCS / "reference" / name).read_text(encoding="utf-8")
    assert up_to_date(name, text) == text, "run: python3 -m tests --run python -m tests.write_etc"


def test_the_readme_is_short() -> None:
    before_the_links, _, links = TEXT.partition("## Documentation")
    assert links
    assert len(before_the_links.split()) <= MOST_WORDS


def test_the_readme_begins_with_the_two_commands_of_a_checkout() -> None:
    set_up, run_tests, *_ = commands(TEXT)
    assert (set_up.line, run_tests.line) == ("python3 build_pyz.py --run", "python3 -m tests")
    assert "$ python3 build_pyz.py --run\n$ python3 -m tests\n" in "\n".join(TEXT.splitlines()[:12]) + "\n"


def test_the_links_of_the_readme_to_files_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", TEXT) if "://" not in link]
    assert links
    assert [link for link in links if not (CHECKOUT / link).exists()] == []


def test_the_figures_of_the_readme_are_those_that_were_measured() -> None:
    measured = (DOCS / "explanation" / "benchmarks.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.*?) \| a file, (\S+ MB) \| .*? \| \+(\S+) ms \|", TEXT, re.MULTILINE)
    assert len(rows) == 3
    for name, size, milliseconds in rows:
        assert f"| {size} |" in measured, name
        exact = [float(found) for found in re.findall(r"\| \+([\d.]+) ms \|", measured)]
        assert any(abs(float(milliseconds) - one) < 0.5 for one in exact), name


def test_every_command_block_is_of_a_document_whose_commands_are_run() -> None:
    others = [
        path for path in DOCS.rglob("*.md") if path not in TYPED and path.parent.name not in ("tutorial", "how-to")
    ]
    assert [path for path in others if commands(path.read_text(encoding="utf-8"))] == []


def test_the_picture_shows_the_readme_s_commands() -> None:
    [name] = re.findall(r"!\[.*?\]\((docs/images/\S+)\)", TEXT)
    picture = (CHECKOUT / name).read_text(encoding="utf-8")
    shown = [command.line for command in commands(TEXT)[2:]]
    assert len(shown) == 3
    assert [line for line in shown if f">{html.escape(line)}<" not in picture] == [], (
        "run: python -m tests.write_picture"
    )
