"""`pyz info`: what this file is, and where everything is."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace, _SubParsersAction

from django_pyz_runtime.arguments import Arguments
from django_pyz_runtime.chosen import data_dir, settings_module
from django_pyz_runtime.complaints import Complaint
from django_pyz_runtime.configuration import Configuration
from django_pyz_runtime.manifest import Site
from django_pyz_runtime.prepare import load


def add_to(verbs: _SubParsersAction[ArgumentParser]) -> None:
    """Declare the verb."""
    parser = verbs.add_parser("info", help="what this file is, and where everything is")
    parser.add_argument("--sbom", action="store_true", help="print the packages inside as CycloneDX JSON")
    parser.set_defaults(run=run)


def run(site: Site, arguments: Arguments, options: Namespace) -> int:
    """Print facts, a line each."""
    if options.sbom:
        print(json.dumps(site.manifest.sbom, indent=2))
        return 0
    configuration = load(site, arguments)
    for label, text in facts(site, configuration).items():
        print(f"{label:<15} {text}")
    return 0


def facts(site: Site, configuration: Configuration) -> dict[str, str]:
    """What there is to know, by label."""
    manifest = site.manifest
    packages = manifest.sbom.get("components", [])
    versions = {package["name"].lower(): package["version"] for package in packages}
    running = "{}.{}.{}".format(*sys.version_info)
    only = " only" if manifest.bound_to_python else ""
    try:
        data = str(data_dir(manifest, configuration))
    except Complaint as complaint:
        data = str(complaint)
    return {
        "name": manifest.name,
        "executable": str(site.executable),
        "build": site.build_id[:16],
        "source": manifest.commit or "not under version control",
        "settings": settings_module(manifest, configuration, os.environ),
        "Django": versions.get("django", "not found"),
        "gunicorn": versions.get("gunicorn", "not found"),
        "packages": str(len(packages)),
        "built for": f"Python {manifest.python}{only}",
        "running on": f"Python {running} ({sys.executable})",
        "configuration": configuration.file.path + ("" if configuration.present else " (not there)"),
        "data": data,
        "code": str(site.site_packages),
    }
