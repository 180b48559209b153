"""Requirement lines that may say all there is to install."""

from __future__ import annotations

import pytest

from django_pyz.dependencies.locks.wanted import pinned_versions


def test_each_package_has_one_version() -> None:
    lines = [
        "Django==5.2.19",
        "rcssmin == 1.3.0",
        "zope.interface==7.0 ; python_version < '3.12'",
        "My_Package==1.0+local --hash=sha256:00",
        "pytz==2024.1.post1",
    ]
    assert pinned_versions(lines) == {
        "django": "5.2.19",
        "rcssmin": "1.3.0",
        "zope-interface": "7.0",
        "my-package": "1.0+local",
        "pytz": "2024.1.post1",
    }


@pytest.mark.parametrize(
    "line",
    [
        *("Django>=5", "Django", "Django==5.*", "Django===5.2", "Django==5.2,<6", "uvicorn[standard]==0.30.0"),
        "django==4.2 ; python_version < '3.10'",
        *("./lib", "lib @ file:///lib", "git+https://host/x@main", "--no-binary :all:"),
    ],
)
def test_anything_else_leaves_something_open(line: str) -> None:
    assert pinned_versions(["Django==5.2.19", line]) == {}
