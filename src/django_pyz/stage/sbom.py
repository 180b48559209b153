"""The packages inside a bundle as a software bill of materials."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name


def make_sbom(name: str, site_packages: Path) -> dict[str, Any]:
    """A CycloneDX 1.6 document (ECMA-424) that lists the installed packages.

    Args:
        name: of the project.
        site_packages: where the packages are installed.
    """
    found = sorted(
        (_component(item) for item in distributions(path=[str(site_packages)])), key=lambda item: item["name"]
    )
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name}},
        "components": found,
    }


def _component(item: Distribution) -> dict[str, str]:
    name = canonicalize_name(item.metadata["Name"])
    return {"type": "library", "name": name, "version": item.version, "purl": f"pkg:pypi/{name}@{item.version}"}
