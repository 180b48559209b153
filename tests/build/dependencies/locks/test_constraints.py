"""Poetry's version constraints."""

from __future__ import annotations

import pytest

from django_pyz.dependencies.locks.constraints import allows, to_specifiers


@pytest.mark.parametrize(
    ("constraint", "specifiers"),
    [
        ("^1.2.3", [">=1.2.3,<2"]),
        ("^1", [">=1,<2"]),
        ("^0.2.3", [">=0.2.3,<0.3"]),
        ("^0.0.3", [">=0.0.3,<0.0.4"]),
        ("^0.0", [">=0.0,<0.1"]),
        ("^0", [">=0,<1"]),
        ("~1.2.3", [">=1.2.3,<1.3"]),
        ("~1.2", [">=1.2,<1.3"]),
        ("~1", [">=1,<2"]),
        ("~=1.4.2", ["~=1.4.2"]),
        ("*", [""]),
        ("1.*", ["==1.*"]),
        ("1.2.3", ["==1.2.3"]),
        ("=1.2.3", ["==1.2.3"]),
        (">= 1.2, < 2", [">=1.2,<2"]),
        (">=1.2 <2", [">=1.2,<2"]),
        (">=1,<2 || >=3", [">=1,<2", ">=3"]),
        ("^1 | ^2", [">=1,<2", ">=2,<3"]),
    ],
)
def test_a_constraint_becomes_specifiers(constraint: str, specifiers: list[str]) -> None:
    assert to_specifiers(constraint) == specifiers


def test_a_version_is_held_against_every_alternative() -> None:
    assert allows("^1 || ^3", "3.1")
    assert not allows("^1 || ^3", "2.0")


def test_what_cannot_be_read_allows_everything() -> None:
    assert allows("^banana", "1")
    assert allows("latest", "1")
