"""Finds the patch releases of Python that the installed packages suffice for: markers may differ between them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from importlib.metadata import distributions
from pathlib import Path
from typing import NamedTuple

from packaging.markers import Marker
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from django_pyz.dependencies.locks.constraints import allows
from django_pyz.dependencies.locks.target import Target

_PATCHES = range(100)
_PATCH_RELEASE = re.compile(r"\d\.\d+\.\d")
_TELLING = re.compile(r"python_full_version|implementation_version")
_OPTIONS = re.compile(r"\s--\w.*")


class PatchReleases(NamedTuple):
    """The patch releases that a bundle supports.

    Attributes:
        least: the first one, as 3 for 3.11.3; 0 for all from the start.
        below: the first one after it that is not supported; 0 if there is none.
        notes: why, for the report.
    """

    least: int = 0
    below: int = 0
    notes: tuple[str, ...] = ()


class _Need(NamedTuple):
    """A requirement of a package or file on another package or on Python.

    Attributes:
        who: a package, or a file of the project.
        requirement: on another package; None if it is on Python.
        extras: those of the package, for evaluating the marker.
        pythons: the constraint on supported Pythons.
    """

    who: str
    requirement: Requirement | None = None
    extras: frozenset[str] = frozenset()
    pythons: str = ""


def needs(site_packages: Path, declared: Mapping[str, Iterable[str]], pythons: Mapping[str, str]) -> list[_Need]:
    """The requirements that differ between patch releases.

    Args:
        site_packages: of an environment.
        declared: requirement lines, by the file or package that has them.
        pythons: constraints on Python, by the file that has them.
    """
    lines = [(who, parsed) for who, texts in declared.items() for parsed in map(_parsed, texts) if parsed]
    extras: dict[str, set[str]] = {}
    found = [*distributions(path=[str(site_packages)])]
    packages = [(item, canonicalize_name(item.metadata["Name"])) for item in found]
    wanted = [(name, parsed) for item, name in packages for parsed in map(_parsed, item.requires or ()) if parsed]
    for _, parsed in (*lines, *wanted):
        extras.setdefault(canonicalize_name(parsed.name), set()).update(parsed.extras)
    told = {str(name): str(item.metadata.json.get("requires_python", "")) for item, name in packages}
    return [
        *(
            _Need(who, parsed, frozenset(extras.get(who, ())))
            for who, parsed in (*lines, *wanted)
            if parsed.marker and _TELLING.search(str(parsed.marker))
        ),
        *(_Need(who, pythons=text) for who, text in (told | dict(pythons)).items() if _PATCH_RELEASE.search(text)),
    ]


def supported(found: Iterable[_Need], installed: Mapping[str, str], target: Target) -> PatchReleases:
    """The patch releases for which nothing is missing, around the one that was installed for.

    Args:
        found: the requirements that differ between them.
        installed: the packages, and their versions.
        target: the Python that they were installed for.
    """
    version = Version(target.version)
    minor, built = f"{version.major}.{version.minor}", version.micro
    lacking: dict[int, list[_Need]] = {}
    for need in found:
        # A package missing for this release too does not depend on the release.
        if not _lacks(need, f"{minor}.{built}", installed, target):
            for patch in _PATCHES:
                if _lacks(need, f"{minor}.{patch}", installed, target):
                    lacking.setdefault(patch, []).append(need)
    least = max((patch + 1 for patch in lacking if patch < built), default=0)
    below = min((patch for patch in lacking if patch > built), default=0)
    limits = [*lacking.get(least - 1, ()), *(lacking[below] if below else ())]
    where = [f"{minor}.{least} or newer"] * (least > 0) + [f"older than {minor}.{below}"] * (below > 0)
    notes = (f"the file runs on Python {', '.join(where)} only: {_reason(need)}" for need in limits)
    return PatchReleases(least, below, tuple(dict.fromkeys(notes)))


def _reason(need: _Need) -> str:
    if need.requirement is None:
        return f"{need.who} requires Python {need.pythons}"
    wanted = f"{need.requirement.name}{need.requirement.specifier}"
    return (
        f"{need.who} requires {wanted} on the others. To support them too, add {wanted} to the project's dependencies"
    )


def _lacks(need: _Need, python: str, installed: Mapping[str, str], target: Target) -> bool:
    """Whether a package is missing on a Python."""
    if (wanted := need.requirement) is None:
        return not allows(need.pythons, python)
    variables = {name: str(value) for name, value in target.environment.items()}
    variables |= {"python_full_version": python, "implementation_version": python}
    marker = wanted.marker or Marker("")
    if not any(marker.evaluate({**variables, "extra": extra}) for extra in ("", *need.extras)):
        return False
    version = installed.get(canonicalize_name(wanted.name))
    return version is None or not wanted.specifier.contains(version, prereleases=True)


def _parsed(text: str) -> Requirement | None:
    try:
        return Requirement(_OPTIONS.sub("", text))
    except InvalidRequirement:
        return None
