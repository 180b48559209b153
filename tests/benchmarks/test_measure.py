"""The order of the runs, and what a run is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.errors import BenchmarkError
from benchmarks.homes import Homes
from benchmarks.measure import Case, cold, interleaved, milliseconds, order, peak_megabytes, warm


def test_every_other_round_goes_backwards() -> None:
    assert list(order("ABC", 3)) == [["A", "B", "C"], ["C", "B", "A"], ["A", "B", "C"]]


def test_the_warm_up_round_does_not_count_and_leaves_out_first_starts(tmp_path: Path) -> None:
    homes, done = Homes(tmp_path), list[str]()

    def measured(case: Case) -> float:
        done.append(case.name)
        return len(done)

    values = interleaved([warm("a", ["a"], homes), cold("b", ["b"], homes), warm("c", ["c"], homes)], 2, measured)

    assert done == ["a", "c", "a", "b", "c", "c", "b", "a"]
    assert values == {"a": [3, 8], "b": [4, 7], "c": [5, 6]}


def test_a_first_start_has_a_new_and_empty_home(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    first, second = (cold("a", ["a"], homes).home() for _ in range(2))

    assert first["HOME"] != second["HOME"]
    assert list(Path(first["HOME"]).iterdir()) == []


def test_warm_starts_share_a_home(tmp_path: Path) -> None:
    homes = Homes(tmp_path)
    case = warm("a", ["a"], homes)

    assert case.home() == case.home() == warm("a", ["a", "check"], homes).home()
    assert case.home() != warm("b", ["b"], homes).home()


def test_nothing_of_this_process_s_environment_gets_through(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "other")

    assert not [name for name in Homes(tmp_path).new() if name.startswith(("PYTHON", "DJANGO"))]


def test_a_run_takes_time(tmp_path: Path) -> None:
    assert milliseconds(warm("a", [sys.executable, "-c", "pass"], Homes(tmp_path))) > 0


def test_a_run_that_fails_is_an_error_with_its_output(tmp_path: Path) -> None:
    case = warm("a", [sys.executable, "-c", "import sys; sys.exit('it broke')"], Homes(tmp_path))

    with pytest.raises(BenchmarkError, match="ended with code 1\nit broke"):
        milliseconds(case)
    with pytest.raises(BenchmarkError, match="ended with code 1\nit broke"):
        peak_megabytes(case)


def test_the_peak_is_that_of_the_program_alone(tmp_path: Path) -> None:
    homes, ballast = Homes(tmp_path), bytearray(b"x") * 200_000_000
    small = peak_megabytes(warm("a", [sys.executable, "-c", "pass"], homes))
    large = peak_megabytes(warm("a", [sys.executable, "-c", "b'x' * 100_000_000"], homes))

    assert small < 100 < large < 200
    assert ballast
