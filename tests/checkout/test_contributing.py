"""CONTRIBUTING.md shows the house as it is, and commands that there are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.__main__ import parser
from tests.conftest import CHECKOUT

TEXT = (CHECKOUT / ".github/CONTRIBUTING.md").read_text(encoding="utf-8")
ROOMS = sorted(
    room.parent
    for wing in ("django_pyz", "django_pyz_runtime")
    for room in (CHECKOUT / "src" / wing).glob("*/__init__.py")
)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: f"{room.parent.name}/{room.name}")
def test_every_folder_of_the_wings_is_named_beside_its_wing(room: Path) -> None:
    [paragraph] = re.findall(rf"^- `src/{room.parent.name}`.*?(?=^- )", TEXT, re.MULTILINE | re.DOTALL)
    assert f"`{room.name}`" in paragraph


def test_its_options_are_known() -> None:
    shown = set(re.findall(r"`python3 -m tests .*?(--\w+)", TEXT))
    usage = parser().format_help()
    assert shown
    assert [option for option in shown if f" {option}" not in usage] == []


def test_the_files_that_it_names_are_there() -> None:
    named = re.findall(r"`((?:tests|src|etc|benchmarks)[/\w.]*)`", TEXT)
    assert named
    assert [name for name in named if not (CHECKOUT / name).exists() and not (CHECKOUT / "src" / name).exists()] == []
