"""The packages inside a bundle as a software bill of materials."""

from __future__ import annotations

from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from django_pyz_runtime.bundle.manifest import SERVER_FOLDER, SERVES


def make_sbom(name: str, site_packages: Path) -> dict[str, Any]:
    """A CycloneDX 1.6 document (ECMA-424) that lists the installed packages.

    The gunicorn that serves is marked; one of another version, which the project brings, is listed beside it.

    Args:
        name: of the project.
        site_packages: where the packages are installed; the server's are in a folder there.
    """
    own = [_component(item) for item in distributions(path=[str(site_packages)])]
    server = [_component(item) for item in distributions(path=[str(site_packages / SERVER_FOLDER)])]
    found = [item for item in own if item not in server] + [{**item, "properties": [SERVES]} for item in server]
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": {"type": "application", "name": name}},
        "components": sorted(found, key=lambda item: (item["name"], item["version"])),
    }


def _component(item: Distribution) -> dict[str, Any]:
    name = canonicalize_name(item.metadata["Name"])
    return {"type": "library", "name": name, "version": item.version, "purl": f"pkg:pypi/{name}@{item.version}"}
