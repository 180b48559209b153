"""The variables of a project, from what its source names and from what an import of its settings has read."""

from __future__ import annotations

from pathlib import Path

from django_pyz.variables import variables
from django_pyz.variables.reading import Reading
from django_pyz_runtime.bundle.manifest import Variable
from tests.build.trees import write_tree

HERE = "shop/settings.py"


def _never(name: str) -> bool:
    raise AssertionError(f"nothing is unclear about {name}")


def test_what_the_source_names_comes_sorted_and_once_and_is_needed_where_one_place_insists(tmp_path: Path) -> None:
    text = (
        'import os\nX = os.environ.get("B", "b")\nA = os.getenv("A")\nY = os.environ["B"]\nZ = os.environ["PATH"]\n'
        'C = int(os.getenv("A", "5"))\n'
    )

    assert variables.named("settings", [write_tree(tmp_path, {"settings.py": text})], tmp_path) == (
        Variable("A", "'5'", "int", "settings.py:6"),
        Variable("B", None, "text", "settings.py:4", is_required=True),
    )


def test_an_import_shows_what_is_read_and_the_source_what_it_did_not_come_by() -> None:
    named = [
        Variable("A", None, "", f"{HERE}:1", is_required=True),
        Variable("HOST", None, "", f"{HERE}:2", is_required=True),
        Variable("KEY", None, "", f"{HERE}:3", False, "if USE_S3"),
    ]
    read = [Reading("MAIL_HOST", "'x'", "text", f"{HERE}:2"), Reading("A", None, "int", f"{HERE}:1")]

    assert variables.imported(named, read, [], _never) == (
        Variable("A", None, "int", f"{HERE}:1"),
        Variable("KEY", None, "", f"{HERE}:3", False, "if USE_S3"),
        Variable("MAIL_HOST", "'x'", "text", f"{HERE}:2"),
    )


def test_a_variable_that_was_given_is_tried_without_where_the_source_leaves_open_whether_it_is_needed() -> None:
    asked = []

    def is_needed(name: str) -> bool:
        asked.append(name)
        return name == "B"

    read = [
        Reading("A", None, "", f"{HERE}:1", "", True),
        Reading("B", "None", "", f"{HERE}:2"),
        Reading("C", "None", "", f"{HERE}:3"),
        Reading("D", "'d'", "", f"{HERE}:4"),
        Reading("E", None, "", f"{HERE}:5"),
    ]
    branch = Variable("F", None, "", f"{HERE}:6", False, "if DEBUG")

    found = variables.imported([branch], read, ["A", "B", "C", "D", "F"], is_needed)

    assert asked == ["B", "C"]
    assert [item.name for item in found if item.is_required] == ["A", "B"]
    assert found[1] == Variable("B", None, "", f"{HERE}:2", is_required=True)


def test_a_default_and_a_kind_that_stand_in_a_branch_not_taken_are_told() -> None:
    named = Variable("A", "'b'", "list", f"{HERE}:2")

    (found,) = variables.imported([named], [Reading("A", "None", "", f"{HERE}:1")], [], _never)

    assert found == Variable("A", "'b'", "list", f"{HERE}:1")


def test_after_an_import_that_failed_the_source_has_to_do_for_the_rest() -> None:
    named = [
        Variable("A", "'x'", "", f"{HERE}:1"),
        Variable("B", None, "", f"{HERE}:2", is_required=True),
        Variable("C", None, "", f"{HERE}:3", is_required=True),
        Variable("D", None, "", f"{HERE}:4", False, "if DEBUG"),
    ]
    read = [Reading("A", "'x'", "", f"{HERE}:1"), Reading("B", None, "", f"{HERE}:2")]

    found = variables.broken_off(named, read, "B")

    assert [item.name for item in found] == ["A", "B", "C", "D"]
    assert [item.name for item in found if item.is_required] == ["B", "C"]


def test_a_variable_that_was_missed_is_needed_although_its_reading_can_do_without() -> None:
    (found,) = variables.broken_off([], [Reading("A", "None", "", f"{HERE}:1")], "A")

    assert found == Variable("A", None, "", f"{HERE}:1", is_required=True)
