"""SECURITY.md: no promise without a test."""

from __future__ import annotations

import re

import pytest

from tests.conftest import CHECKOUT

ROWS = [
    line.split(" | ")
    for line in (CHECKOUT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ") and not line.startswith("| Promise")
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0][2:40])
def test_each_promise_names_tests_that_are_there(row: list[str]) -> None:
    [_, proof] = row
    names = re.findall(r"`([^`]+)`", proof)
    assert names
    text = ""
    for name in names:
        path, _, test = name.partition("::")
        text = (CHECKOUT / "tests" / path).read_text(encoding="utf-8") if path else text
        assert f"def {test or 'test_'}" in text, name
