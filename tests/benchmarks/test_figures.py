"""The figures and the table that is made of them."""

from __future__ import annotations

import pytest

from benchmarks.figures import Compare, Row, Target
from benchmarks.table import markdown

ROW = Row(
    "check, warm",
    "S",
    "ms",
    {"venv": [100.0, 200.0, 400.0], "ours": [90.0, 200.0, 200.0], "other": [150.0, 300.0, 600.0]},
    {"ours": Target(1.0), "other": Target(1.2)},
)


def test_the_first_candidate_is_the_base() -> None:
    assert ROW.base == "venv"


def test_a_ratio_is_the_median_of_those_within_the_rounds() -> None:
    assert ROW.median("ours") == 200
    assert ROW.against_base("ours") == pytest.approx(0.9)
    assert ROW.against_base("other") == 1.5


def test_a_difference_is_the_median_of_those_within_the_rounds() -> None:
    row = Row("start-up", "S", "ms", {"base": [10, 20, 60], "ours": [15, 26, 61]}, compare=Compare.DIFFERENCE)

    assert row.against_base("ours") == 5


def test_the_spread_is_the_distance_of_the_quartiles() -> None:
    row = Row("start-up", "S", "ms", {"base": [1, 2, 3, 4, 100], "single": [1]})

    assert row.spread("base") == 2
    assert row.spread("single") is None


@pytest.mark.parametrize(
    ("target", "value", "is_met"),
    [
        (Target(1.0), 1.0, True),
        (Target(1.0), 1.004, True),
        (Target(1.0), 1.006, False),
        (Target(1.0, is_least=True), 0.996, True),
        (Target(1.0, is_least=True), 0.99, False),
        (Target(8.0), -3.0, True),
    ],
)
def test_a_target_is_met_as_precisely_as_the_value_is_shown(target: Target, value: float, is_met: bool) -> None:
    assert target.is_met_by(value) is is_met


def test_what_has_no_target_neither_meets_nor_misses_one() -> None:
    assert ROW.is_met("ours") is True
    assert ROW.is_met("other") is False
    assert ROW.is_met("venv") is None


def test_the_table_says_what_a_row_is_once() -> None:
    lines = markdown([ROW], ["a machine"], {}).splitlines()

    assert lines == [
        "- a machine",
        "",
        "| Figure | Project | Candidate | Median | Spread | To base | Target | Met |",
        "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |",
        "| check, warm | S | venv | 200.0 ms | 150.0 ms | base |  |  |",
        "|  |  | ours | 200.0 ms | 55.0 ms | 0.90 | ≤ 1.00 | yes |",
        "|  |  | other | 300.0 ms | 225.0 ms | 1.50 | ≤ 1.20 | **no** |",
    ]


def test_differences_have_a_sign_and_a_unit() -> None:
    values = {"base": [10.0], "ours": [1515.5]}
    row = Row("start-up", "S", "ms", values, {"ours": Target(8.0)}, Compare.DIFFERENCE)

    [line] = [line for line in markdown([row], [], {}).splitlines() if "ours" in line]

    assert line == "|  |  | ours | 1,516 ms |  | +1,505.5 ms | ≤ +8 ms | **no** |"


def test_more_can_be_better() -> None:
    row = Row("requests a second", "S", "/s", {"base": [10.0], "ours": [11.0]}, {"ours": Target(1.0, is_least=True)})

    assert "| 1.10 | ≥ 1.00 | yes |" in markdown([row], [], {})


def test_a_failure_is_told_in_its_own_words() -> None:
    text = markdown([], [], {"check": "manage.py check: ended with code 1\nno such table"})

    assert "**check failed:**\n\n```\nmanage.py check: ended with code 1\nno such table\n```\n" in text
