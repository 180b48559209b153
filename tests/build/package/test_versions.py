"""Versions of packages, in the order of the releases, as dpkg and rpm sort them."""

from __future__ import annotations

import subprocess
from itertools import pairwise

import pytest

from django_pyz.package.versions import package_version

PYTHON = (
    *("1.0.dev1", "1.0a1.dev2", "1.0a1", "1.0a1.post1", "1.0b2", "1.0rc1", "1.0rc1-2-gabc1234", "1.0", "1.0+local.1"),
    *(
        "1.0.post1.dev3",
        "1.0.post1",
        "1.0.1",
        "1.2",
        "1.2-3-gabc1234",
        "1.2-10-g0000000",
        "1.2.1",
        "1.10",
        "2026.11.29",
    ),
    *("1!0.1", "1!0.2"),
)
SEMANTIC = ("1.0.0-SNAPSHOT", "1.0.0", "v1.0.1-2-gabc1234", "1.1.0")
OTHER = ("spring_2025", "spring_2026", "spring_2026-4-gabc1234", "1.0")


def _debian(version: str) -> str:
    found = package_version(version)
    return f"{found.epoch}:{found.text}-1"


@pytest.mark.needs("dpkg")
@pytest.mark.parametrize("order", [PYTHON, SEMANTIC, OTHER], ids=["python", "semantic", "other"])
def test_dpkg_sorts_them_as_the_releases(order: tuple[str, ...]) -> None:
    for older, newer in pairwise(order):
        command = ["dpkg", "--compare-versions", _debian(older), "lt", _debian(newer)]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (0, ""), (older, newer)


@pytest.mark.needs("rpm")
@pytest.mark.parametrize("order", [PYTHON, SEMANTIC, OTHER], ids=["python", "semantic", "other"])
def test_rpm_sorts_them_as_the_releases(order: tuple[str, ...]) -> None:
    pairs = [
        (package_version(older), package_version(newer))
        for older, newer in pairwise(order)
        # rpm has letters before numbers: what is local to one place comes behind a post release.
        if "local" not in older
    ]
    compared = [
        f"rpm.vercmp('{older.for_rpm}', '{newer.for_rpm}')" if older.epoch == newer.epoch else str(-1)
        for older, newer in pairs
    ]
    code = f"%{{lua: print({' .. '.join(compared)})}}"
    said = subprocess.run(["rpm", "--eval", code], check=True, capture_output=True, text=True).stdout
    assert said.strip() == "-1" * len(pairs)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ("1.0", "1.0"),
        ("2026.11.29", "2026.11.29"),
        ("1.0rc1", "1.0~rc1"),
        ("1.0.post2", "1.0+post2"),
        ("1.2-3-gabc1234", "1.2+3.gabc1234"),
        ("2.0.0-SNAPSHOT", "2.0.0~SNAPSHOT"),
        ("release-5", "0.release.5"),
        ("", "0"),
    ],
)
def test_a_version_is_legal_for_debian(version: str, text: str) -> None:
    assert package_version(version) == (0, text)


def test_an_epoch_is_kept() -> None:
    assert package_version("2!1.0") == (2, "1.0")
