"""Turns a project's version into one for package managers: legal, and sorted like the releases."""

from __future__ import annotations

import re
from typing import NamedTuple

from packaging.version import InvalidVersion, Version

_SINCE_TAG = re.compile(r"(.+)-(\d+)-(g[0-9a-f]+)")
"""A tag, the number of commits since, and the last of them (git-describe(1))."""
_PRE_RELEASE = re.compile(r"(\d+(?:\.\d+)*)-(?=[A-Za-z])")
"""The pre-release part of a semantic version, which sorts before the version without it (semver.org, 11)."""


class PackageVersion(NamedTuple):
    """The version of a package, without the number of the packaging.

    For dpkg, `~` sorts before the end of a version and `+` after it (deb-version(7)).

    Attributes:
        epoch: compared first.
        text: letters, digits and .+~, starting with a digit.
    """

    epoch: int
    text: str

    @property
    def for_rpm(self) -> str:
        """The text for rpm, where `^` sorts after the end of a version and before the next one."""
        return self.text.replace("+", "^")


def package_version(version: str) -> PackageVersion:
    """The package version for a project's version.

    Args:
        version: of the project, for people; "" if it has none.
    """
    if since := _SINCE_TAG.fullmatch(version):
        base = package_version(since[1])
        return base._replace(text=f"{base.text}+{since[2]}.{since[3]}")
    try:
        return _of_python(Version(version))
    except InvalidVersion:
        text = _PRE_RELEASE.sub(r"\1~", version, count=1)
        text = re.sub(r"[^A-Za-z0-9.+~]+", ".", text).strip(".") or "0"
        return PackageVersion(0, text if text[0].isdigit() else f"0.{text}")


def _of_python(version: Version) -> PackageVersion:
    """The order of Python version specifiers: dev, a, b, rc, none of these, local, post."""
    text = ".".join(map(str, version.release))
    text += "~{}{}".format(*version.pre) if version.pre else ""
    text += f"+post{version.post}" if version.post is not None else ""
    text += f"~~dev{version.dev}" if version.dev is not None else ""
    text += f"+0.{version.local}" if version.local else ""
    return PackageVersion(version.epoch, text)
