"""The packages of many files."""

from __future__ import annotations

import ast
import zipfile
from pathlib import Path

import pytest

from benchmarks.generated import NAME, write_wheel


@pytest.mark.parametrize("files", [1, 50, 51, 52, 101, 1000])
def test_a_package_has_exactly_the_files_that_are_wanted(tmp_path: Path, files: int) -> None:
    with zipfile.ZipFile(write_wheel(tmp_path, files)) as wheel:
        names = [name for name in wheel.namelist() if name.startswith(f"{NAME}/")]

    assert len(set(names)) == len(names) == files


def test_its_modules_are_valid_and_about_half_of_it(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_wheel(tmp_path, 500)) as wheel:
        modules = [name for name in wheel.namelist() if name.endswith(".py")]
        for name in modules:
            ast.parse(wheel.read(name))

    assert 230 < len(modules) < 270


def test_it_is_the_same_every_time(tmp_path: Path) -> None:
    contents = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        with zipfile.ZipFile(write_wheel(tmp_path / name, 200)) as wheel:
            contents.append([(info.filename, wheel.read(info)) for info in wheel.infolist()])

    assert contents[0] == contents[1]


def test_its_record_names_every_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(write_wheel(tmp_path, 60)) as wheel:
        record = wheel.read(f"{NAME}-60.dist-info/RECORD").decode()

        assert [line.partition(",")[0] for line in record.splitlines()] == wheel.namelist()
