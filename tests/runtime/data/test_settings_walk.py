"""The ways through settings."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from django_pyz_runtime.data import settings_walk


class Lazy(dict[str, Any]):
    """A dictionary that would do something when it is looked into."""

    def items(self) -> Any:
        raise AssertionError("was looked into")


def test_every_value_has_a_dotted_name_and_only_settings_are_gone_through() -> None:
    lazy = Lazy(x=1)
    settings = {"A": {"b": {"c": 1}, 2: OrderedDict(d="x")}, "B": ["y"], "C": lazy, "E": {}, "__builtins__": {"z": 1}}
    assert list(settings_walk.values(settings)) == [("A.b.c", 1), ("A.2.d", "x"), ("B", ["y"]), ("C", lazy)]


def test_a_dictionary_that_holds_itself_has_an_end() -> None:
    own: dict[str, Any] = {"x": 1}
    own["own"] = own
    assert ("A.own.x", 1) in list(settings_walk.values({"A": own}))
    assert settings_walk.replaced(own, lambda value, names, holders: value, ("A",)) is own


def test_what_is_replaced_is_replaced_on_copies_and_what_stays_is_the_same() -> None:
    before = {"a": [{"x": 1}, "path"], "b": {"y": 2}}
    after = settings_walk.replaced(before, lambda value, names, holders: 7 if names[-1] == "x" else value, ("A",))
    assert (after, before) == ({"a": [{"x": 7}, "path"], "b": {"y": 2}}, {"a": [{"x": 1}, "path"], "b": {"y": 2}})
    assert after["b"] is before["b"]
