"""The metadata of a package: names, versions, dependencies."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from django_pyz.pack.head import interpreter
from django_pyz.package.contents import Staged
from django_pyz.package.versions import PackageVersion, package_version
from django_pyz_runtime.bundle.manifest import Manifest
from django_pyz_runtime.errors import UserError

ANY = "all"
"""dpkg's architecture for packages that run on every machine."""
_ARCHITECTURES = {
    "x86_64": "amd64",
    "aarch64": "arm64",
    "armv7l": "armhf",
    "i686": "i386",
    "ppc64le": "ppc64el",
}
"""Machines (uname(1)) that have another name in dpkg."""
_MAINTAINER = re.compile(r"[^<>\n]+ <[^<>\s]+@[^<>\s]+>")
_NOWHERE = "packages.invalid"
"""A domain that never exists (RFC 2606, 2)."""
_LONGEST_BUILD = 12


class Dependency(NamedTuple):
    """A dependency on another package.

    Attributes:
        name: its name.
        relation: such as ">=" or "<"; "" for any version.
        version: the version to compare with.
    """

    name: str
    relation: str = ""
    version: str = ""


class Facts(NamedTuple):
    """The metadata of a package.

    Attributes:
        name: of the package.
        project: the project's name.
        version: of the project.
        release: the number of the packaging, and the build.
        architecture: dpkg's name for it.
        maintainer: name and address.
        summary: one line.
        description: a longer text.
        python: the dependencies on Python.
    """

    name: str
    project: str
    version: PackageVersion
    release: str
    architecture: str
    maintainer: str
    summary: str
    description: str
    python: tuple[Dependency, ...]

    @property
    def documents(self) -> str:
        """The folder of its documents."""
        return f"/usr/share/doc/{self.name}"


def package_name(name: str) -> str:
    """A package name for a project, legal for both dpkg and rpm (Debian policy, 5.6.1)."""
    legal = re.sub(r"[^a-z0-9.-]", "-", name.lower())
    return legal if len(legal) > 1 else f"{legal}-site"


def facts_of(staged: Staged, maintainer: str, revision: int) -> Facts:
    """The metadata of the package of a file.

    Args:
        staged: the file.
        maintainer: name and address; "" if not given.
        revision: the number of the package of one project version.
    """
    manifest = staged.manifest
    django = next(item["version"] for item in manifest.sbom["components"] if item["name"] == "django")
    machine = platform.machine()
    return Facts(
        name=package_name(manifest.name),
        project=manifest.name,
        version=package_version(manifest.version),
        release=f"{revision}.{staged.build_id[:_LONGEST_BUILD]}",
        architecture=_ARCHITECTURES.get(machine, machine) if manifest.has_extensions else ANY,
        maintainer=maintainer or f"{manifest.name} <{package_name(manifest.name)}@{_NOWHERE}>",
        summary="Django site in one executable file",
        description=f"The Django project {manifest.name} as one executable file, with Django {django}, served by "
        f"systemd. Version {manifest.version or 'unknown'}, build {staged.build_id}.",
        python=_python(manifest),
    )


def maintainer_of(environ: Mapping[str, str]) -> str:
    """The maintainer in the environment variables of Debian's tools (debchange(1)); "" if they are not set."""
    name, address = environ.get("DEBFULLNAME", ""), environ.get("DEBEMAIL", "")
    return address if "<" in address else f"{name} <{address}>" if name and address else ""


def check_maintainer(text: str) -> str:
    """A maintainer, checked for use in a package.

    Raises:
        UserError: it is not valid.
    """
    if text and not _MAINTAINER.fullmatch(text):
        raise UserError(
            f"the maintainer {text!r}: wanted a name and an address", hint="Give --maintainer 'NAME <MAIL@HOST>'."
        )
    return text


def _python(manifest: Manifest) -> tuple[Dependency, ...]:
    name = interpreter(manifest)
    if not manifest.bound_to_python:
        return (Dependency(name, ">=", "3.11"),)
    least = Dependency(name, ">=", f"{manifest.python}.{manifest.least_patch}")
    below = Dependency(name, "<", f"{manifest.python}.{manifest.below_patch}")
    return (least, *([below] if manifest.below_patch else []))


def file_name(path: Path, default: str) -> Path:
    """The path of a package: the given one, or its default name in a folder."""
    return path if path.suffix in (".deb", ".rpm") else path / default
