"""tests/requirements.txt fits pyproject.toml, and holds wherever the tests run."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib

import pytest
from packaging.dependency_groups import DependencyGroupResolver
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.__main__ import LOCK
from tests.conftest import CHECKOUT

PROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
TEXT = LOCK.read_text(encoding="utf-8")
RENEW = "renew it: python3 -m tests --lock"
HERE = {name: str(value) for name, value in default_environment().items()}
OF_THE_ENVIRONMENT = {"pip"}
"""What each environment has, and keeps as it is."""


def wanted() -> list[Requirement]:
    """What building needs, and what a checkout is worked on with."""
    groups = DependencyGroupResolver(PROJECT["dependency-groups"])
    return [*map(Requirement, PROJECT["project"]["dependencies"]), *groups.resolve("dev")]


def pins(python: str) -> dict[str, Requirement]:
    """What the lock installs on Linux with a version of Python, by name."""
    environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
    lines = re.findall(r"^([a-z].*?) \\$", TEXT, re.MULTILINE)
    found = [Requirement(line) for line in lines]
    here = [item for item in found if not item.marker or item.marker.evaluate(HERE | environment)]
    return {canonicalize_name(item.name): item for item in here}


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_every_package_that_is_wanted_is_pinned_to_a_version_that_would_do(python: str) -> None:
    pinned = pins(python)
    for item in wanted():
        if item.name not in OF_THE_ENVIRONMENT:
            (pin,) = pinned[canonicalize_name(item.name)].specifier
            assert pin.operator == "=="
            assert item.specifier.contains(pin.version, prereleases=True), f"{item}: {pin}; {RENEW}"


def test_it_has_what_those_need_and_nothing_else() -> None:
    open_ends, known = wanted(), set[tuple[str, frozenset[str]]]()
    while open_ends:
        item = open_ends.pop()
        if (key := (canonicalize_name(item.name), frozenset(item.extras))) not in known:
            known.add(key)
            open_ends += _needs_of(item)
    assert set(pins(HERE["python_version"])) == {name for name, _ in known} - OF_THE_ENVIRONMENT, RENEW


def _needs_of(item: Requirement) -> list[Requirement]:
    """What a package needs here, as it is installed."""
    extras = ["", *item.extras]
    needs = [Requirement(text) for text in importlib.metadata.requires(item.name) or []]
    return [
        need
        for need in needs
        if not need.marker or any(need.marker.evaluate(HERE | {"extra": extra}) for extra in extras)
    ]


def test_each_file_is_known_by_its_hash_and_no_index_is_named() -> None:
    entries = re.split(r"^(?=[a-z])", TEXT, flags=re.MULTILINE)[1:]
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert re.findall(r"\w+://\S+|^ *--(?!hash)\S+", TEXT, re.MULTILINE) == []
