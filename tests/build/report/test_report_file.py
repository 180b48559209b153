"""The report of a build as a file, and the map in it."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from django_pyz import cli
from django_pyz.report import sizes, treemap
from django_pyz.report.treemap import Box
from tests.build.trees import SMALL_PROJECT, write_tree
from tests.small_bundle import write_small


def test_every_file_has_its_share_of_the_bundle(tmp_path: Path) -> None:
    large = bytes(itertools.islice(itertools.cycle(range(251)), 5000))
    bundle = write_small(tmp_path, files={"shop/large.bin": large, "shop/again.bin": large, "shop/empty": ""})

    found = sizes.in_file(bundle)

    assert found["shop/__init__.py"] == found["shop/empty"] == 0
    assert sorted([found["shop/large.bin"] > 0, found["shop/again.bin"] > 0]) == [False, True], "one content, once"
    assert found["django_pyz_runtime/(bytecode)"] > 0
    assert sum(found.values()) < bundle.stat().st_size


@given(some.lists(some.integers(1, 10**9), min_size=1, max_size=40))
def test_areas_are_in_proportion_and_fill_the_map(amounts: list[int]) -> None:
    amounts = sorted(amounts, reverse=True)
    boxes = treemap.layout(amounts, Box(0, 0, 1200, 700))

    scale = 1200 * 700 / sum(amounts)
    for amount, box in zip(amounts, boxes, strict=True):
        assert box.width * box.height == pytest.approx(amount * scale, rel=1e-3, abs=1e-3)
        assert -1e-6 <= box.x <= box.x + box.width <= 1200 + 1e-3
        assert -1e-6 <= box.y <= box.y + box.height <= 700 + 1e-3


def test_names_are_text_in_the_map_and_small_things_are_counted_together() -> None:
    found = treemap.svg({"a<b/x&y/z.py": 10**6, "tiny.py": 10, "none/x": 0})

    root = ElementTree.fromstring(found)
    told = [title.text for title in root.iter("title")]
    assert {"a<b: 1,000 kB", "a<b/x&y: 1,000 kB", "others: 0 kB"} <= set(told)


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("report.txt", "wanted a name that ends in .html or .json"),
        ("folder.html", "cannot be written (is a directory)"),
    ],
)
def test_a_report_that_cannot_be_written_is_told_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, wanted: str
) -> None:
    write_tree(tmp_path / "shop", SMALL_PROJECT)
    (tmp_path / "folder.html").mkdir()

    assert cli.main(["build", str(tmp_path / "shop"), "--report", str(tmp_path / name)]) == 2

    assert wanted in capsys.readouterr().err
